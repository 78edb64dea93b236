import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer, Call } from './route.ts';

/** A request as it was sent, whether or not anything here answers to it. */
export type Sent = Pick<Call, 'method' | 'path' | 'rawQuery' | 'clientRequestId'> & { readonly text: string };

/** Writes down requests and answers, one JSON line each, in DIR/exchanges.jsonl: what a client really sent, and what it was told. */
export interface Recorder {
  /** `fault` is the id of the one that made the answer what it is. */
  readonly exchange: (sent: Sent, answer: Answer, fault?: string) => void;
}

/** Makes a recorder of a folder. Tokens are no part of an exchange, and protected parameters lose their values. */
export function makeRecorder(folder: string): Recorder {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'exchanges.jsonl');
  return {
    exchange: ({ method, path, rawQuery, clientRequestId, text }, answer, fault) => {
      const request = { method, path, query: rawQuery, clientRequestId, body: withoutSecrets(readJson(text)) };
      const response = { status: answer.status, headers: answer.headers ?? {}, body: withoutSecrets(answer.body ?? answer.text ?? null) };
      appendFileSync(file, `${JSON.stringify({ request, response, ...(fault === undefined ? {} : { fault }) })}\n`, { mode: 0o600 });
    },
  };
}

function readJson(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function withoutSecrets(body: unknown): unknown {
  if (Array.isArray(body)) return body.map(withoutSecrets);
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, name === 'protectedParameters' ? '[protected]' : withoutSecrets(value)]),
  );
}
