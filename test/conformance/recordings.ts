import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Exchange } from './capture.ts';

interface Line {
  readonly request: { readonly method: string; readonly path: string; readonly query: string; readonly body: unknown };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | readonly string[]>>;
    readonly body: unknown;
  };
  readonly fault?: string;
}

/**
 * What simulators that ran with --record below a folder have written down: the requests of whatever client they had. Answers that a fault has
 * made are none that Azure would be held to. Protected parameters are not in a recording, and are left out of the requests.
 */
export function readRecordings(folder: string): readonly Exchange[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('exchanges.jsonl'))
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
    .filter(({ fault }) => fault === undefined)
    .map(exchangeOf);
}

function exchangeOf({ request, response }: Line): Exchange {
  const headers = Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  return {
    via: 'recording',
    method: request.method,
    path: request.path,
    query: new URLSearchParams(request.query),
    sent: withoutProtected(request.body ?? undefined),
    status: response.status,
    headers: Object.fromEntries(headers),
    answer: response.body ?? undefined,
  };
}

function withoutProtected(body: unknown): unknown {
  const { properties } = (body ?? {}) as { readonly properties?: Readonly<Record<string, unknown>> };
  if (properties?.['protectedParameters'] === undefined) return body;
  const { protectedParameters: _left, ...others } = properties;
  return { ...(body as object), properties: others };
}
