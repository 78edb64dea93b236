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
 * runbook asks for those. Throws USAGE_FLAG naming the pair or file that cannot be read.
 */
export async function readInputs(pairs: readonly string[], file: string | undefined, shapes: InputShapes): Promise<JsonObject> {
  const inputs: Record<string, JsonValue> = { ...(file === undefined ? {} : await inputsFile(file)) } as Record<string, JsonValue>;
  for (const pair of pairs) {
    const cut = pair.indexOf('=');
    if (cut < 1) throw new RunwardError('USAGE_FLAG', `-i ${pair}: write name=value`);
    const name = pair.slice(0, cut);
    inputs[name] = typedValue(name, pair.slice(cut + 1), shapes.properties?.[name]?.type);
  }
  return inputs;
}

function typedValue(name: string, text: string, type: unknown): JsonValue {
  const types = Array.isArray(type) ? type : [type];
  if (types.includes('integer') || types.includes('number')) {
    if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
    throw new RunwardError('USAGE_FLAG', `-i ${name}: "${text}" is not a number`);
  }
  if (types.includes('boolean')) {
    if (text === 'true' || text === 'false') return text === 'true';
    throw new RunwardError('USAGE_FLAG', `-i ${name}: "${text}" is neither true nor false`);
  }
  return types.includes('array') || types.includes('object') ? parsed(`-i ${name}`, text) : text;
}

async function inputsFile(file: string): Promise<JsonObject> {
  const text =
    file === '-'
      ? await readStdin()
      : await readFile(file, 'utf8').catch((cause: unknown) => {
          throw new RunwardError('USAGE_FLAG', `--inputs: ${file} cannot be read`, {}, cause);
        });
  const value = parsed('--inputs', text);
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as JsonObject;
  throw new RunwardError('USAGE_FLAG', '--inputs: the file must hold one JSON object');
}

function parsed(flag: string, text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw new RunwardError('USAGE_FLAG', `${flag}: this is not JSON`, {}, cause);
  }
}
