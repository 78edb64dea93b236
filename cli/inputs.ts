import { readFile } from 'node:fs/promises';
import { RunwardError } from '../engine/errors.ts';
import type { JsonObject, JsonValue } from '../engine/json.ts';
import { readStdin } from './stdin.ts';

/** The part of a runbook's input schema that decides how a text is read. */
export interface InputShapes {
  readonly properties?: Readonly<Record<string, { readonly type?: unknown }>>;
}

/**
 * The inputs of a run: a JSON file (or `-`), then `name=value` pairs over it. Texts become numbers, booleans, lists or objects where the
 * runbook asks for those. Throws USAGE_FLAG naming the pair that is none, or the file that cannot be read.
 */
export async function readInputs(pairs: readonly string[], file: string | undefined, shapes: InputShapes): Promise<JsonObject> {
  const inputs: Record<string, JsonValue> = { ...(file === undefined ? {} : await inputsFile(file)) } as Record<string, JsonValue>;
  for (const pair of pairs) {
    const cut = pair.indexOf('=');
    if (cut < 1) throw new RunwardError('USAGE_FLAG', `-i ${pair}: write name=value`);
    const name = pair.slice(0, cut);
    inputs[name] = typedValue(pair.slice(cut + 1), shapes.properties?.[name]?.type);
  }
  return inputs;
}

// What cannot be read stays text: the check of all inputs says what each one should be, with its place.
function typedValue(text: string, type: unknown): JsonValue {
  const types = Array.isArray(type) ? type : [type];
  if (types.includes('integer') || types.includes('number')) return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (types.includes('boolean')) return text === 'true' || text === 'false' ? text === 'true' : text;
  return types.includes('array') || types.includes('object') ? (jsonOf(text)?.value ?? text) : text;
}

async function inputsFile(file: string): Promise<JsonObject> {
  const text =
    file === '-'
      ? await readStdin()
      : await readFile(file, 'utf8').catch((cause: unknown) => {
          throw new RunwardError('USAGE_FLAG', `--inputs: ${file} cannot be read`, {}, cause);
        });
  const read = jsonOf(text);
  if (read === undefined) throw new RunwardError('USAGE_FLAG', `--inputs: ${file} is not JSON`);
  const { value } = read;
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as JsonObject;
  throw new RunwardError('USAGE_FLAG', '--inputs: the file must hold one JSON object');
}

function jsonOf(text: string): { readonly value: JsonValue } | undefined {
  try {
    return { value: JSON.parse(text) as JsonValue };
  } catch {
    return undefined;
  }
}
