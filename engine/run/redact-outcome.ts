import type { Failed, Success } from '../actions/action.ts';
import { createRedactor, SECRET_BYTES_MIN } from '../evidence/redact.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { StepRecord } from './record.ts';
import type { Turn } from './turn.ts';

const REFERENCE = /^(?:keyvault:\/\/[^\s/]+\/[^\s/]+|env:\/\/[A-Za-z_][A-Za-z0-9_]*|secret:[A-Za-z0-9._/-]+)$/;

/**
 * Takes every secret of the step's input out of what its attempt brought back, before it is stored or logged. When a secret cannot be
 * read at this moment its forms are not known, so texts of the target are withheld as a whole.
 */
export async function redactOutcome<T extends Success | Failed>(turn: Turn, record: StepRecord, outcome: T): Promise<T> {
  const references = [...new Set(textsOf(record.input ?? {}))].filter((text) => REFERENCE.test(text));
  if (references.length === 0) return outcome;
  const values: string[] = [];
  for (const reference of references) {
    const answer = await turn.engine.ports.secrets.resolve(reference, turn.signal);
    if (answer.kind !== 'found') return withheld(outcome);
    if (new TextEncoder().encode(answer.value).length >= SECRET_BYTES_MIN) values.push(answer.value);
  }
  const redactor = createRedactor(values);
  return mapTexts(outcome as unknown as JsonValue, (text) => redactor.text(text)) as unknown as T;
}

function withheld<T extends Success | Failed>(outcome: T): T {
  const notice = 'withheld: a secret of this step could not be read to redact it';
  const result: Record<string, JsonValue | undefined> = { ...outcome.result };
  for (const name of ['stdout', 'stderr', 'body', 'value']) if (typeof result[name] === 'string') result[name] = notice;
  const kept = outcome.result === undefined ? {} : { result: result as JsonObject };
  const failure = outcome.kind === 'failed' ? { failure: { ...outcome.failure, message: notice } } : {};
  return { ...outcome, ...kept, ...failure, observations: [] };
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (value === null || value === undefined || typeof value !== 'object') return [];
  return Object.values(value as JsonObject).flatMap(textsOf);
}

function mapTexts(value: JsonValue | undefined, map: (text: string) => string): JsonValue | undefined {
  if (typeof value === 'string') return map(value);
  if (value === null || value === undefined || typeof value !== 'object') return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map((item) => mapTexts(item, map) ?? null);
  return Object.fromEntries(Object.entries(value as JsonObject).map(([name, item]) => [name, mapTexts(item, map)]));
}
