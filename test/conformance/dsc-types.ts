import { readFileSync } from 'node:fs';
import { arch } from 'node:os';
import type { JsonObject, JsonValue } from '../../engine/json.ts';
import { differingProperties } from './reference-diff.ts';

/** A resource type of the conformance run: real where it only reads this machine, a double where it stands for another resource. */
export interface DscType {
  readonly versions: readonly string[];
  readonly schema?: JsonObject;
  /** The state of the thing that is asked for. */
  readonly get: (input: JsonObject, version: string) => JsonObject;
  /** What differs, for types that test themselves. */
  readonly test?: (input: JsonObject) => { readonly actual: JsonObject; readonly differing: readonly string[] };
  readonly set?: (input: JsonObject, version: string) => JsonObject;
  /** True when a set may be asked for whatever a test says. */
  readonly testsItself?: boolean;
  readonly handlesExist?: boolean;
  readonly remove?: (input: JsonObject) => JsonObject;
  readonly whatIf?: (input: JsonObject) => { readonly after: JsonObject; readonly changed?: readonly string[] };
  readonly exported?: (input: JsonObject) => readonly JsonObject[];
}

const echoed = (input: JsonObject): JsonObject => input;
const fixed =
  (state: JsonObject) =>
  (input: JsonObject): JsonObject => ({ ...input, ...state });
const DOUBLE = ['0.1.0'];

/** What this machine is, in the words of the reference. */
export function osInfo(): JsonObject {
  const lines = readFileSync('/etc/os-release', 'utf8').split('\n');
  const entries = lines.flatMap((line) => {
    const [, key, value] = /^(\w+)="?(.*?)"?$/.exec(line) ?? [];
    return key === undefined ? [] : [[key, value] as const];
  });
  const release = Object.fromEntries(entries);
  return {
    family: 'Linux',
    version: release['VERSION_ID'] ?? 'unknown',
    edition: release['NAME'] ?? 'unknown',
    bitness: '64',
    architecture: arch(),
  };
}

/** What is wanted of a version: an order and a version, or the version itself. */
function testOs(input: JsonObject): { readonly actual: JsonObject; readonly differing: readonly string[] } {
  const actual = osInfo();
  const { version, ...rest } = input;
  const [, operator = '=', wanted = ''] = /^(>=|<=|>|<|=)?\s*(.*)$/.exec(textOf(version ?? '')) ?? [];
  const order = textOf(actual['version']).localeCompare(wanted, 'en', { numeric: true });
  const isMet = { '>=': order >= 0, '<=': order <= 0, '>': order > 0, '<': order < 0, '=': order === 0 }[operator] ?? false;
  const bits: JsonObject = 'bitness' in rest ? { bitness: textOf(rest['bitness']) } : {};
  return {
    actual,
    differing: [...differingProperties({ ...rest, ...bits }, actual), ...(version === undefined || isMet ? [] : ['version'])],
  };
}

const VERSIONS = ['1.1.0', '1.1.2', '1.1.3', '2.0.0', '2.1.0-preview.1', '2.1.0-preview.2'];

function metadataRows(input: JsonObject): readonly JsonObject[] {
  return [1, 2, 3].map((count) => ({ ...input, _name: `Metadata example ${count}`, count }));
}

function existing(input: JsonObject): JsonObject {
  return { ...input, state: input['_exist'] === false ? 'Absent' : 'Present' };
}

const WHAT_IF: DscType = {
  versions: DOUBLE,
  get: fixed({ executionType: 'Actual' }),
  set: fixed({ executionType: 'Actual' }),
  whatIf: (input) => ({ after: { ...input, executionType: 'WhatIf' } }),
};

/** Every type of the run by name. Groups are carried out by the run itself. */
export const DSC_TYPES: ReadonlyMap<string, DscType> = new Map<string, DscType>([
  [
    'Microsoft.DSC.Debug/Echo',
    { versions: ['1.0.0'], get: echoed, test: (input) => ({ actual: input, differing: [] }), set: echoed, exported: (input) => [input] },
  ],
  ['Microsoft/OSInfo', { versions: ['0.1.0'], get: () => osInfo(), test: testOs, exported: () => [osInfo()] }],
  [
    'Test/Version',
    {
      versions: VERSIONS,
      get: (_input, version) => ({ version }),
      set: (_input, version) => ({ version }),
    },
  ],
  ['Test/InDesiredState', { versions: DOUBLE, get: fixed({ valueOne: 1, valueTwo: 2 }), test: testInDesiredState }],
  [
    'Test/Metadata',
    {
      versions: DOUBLE,
      schema: { properties: { _metadata: { type: 'object' } } },
      get: fixed({ _name: 'Metadata example 1', count: 1 }),
      test: (input) => ({ actual: { ...input, _name: 'Metadata example 1', count: 1 }, differing: [] }),
      set: fixed({ _name: 'Metadata example 1', count: 1 }),
      exported: metadataRows,
    },
  ],
  ['Test/RestartRequired', { versions: DOUBLE, get: echoed, set: echoed, testsItself: true }],
  [
    'Test/Set',
    {
      versions: DOUBLE,
      get: () => ({ value: 'Original', object: { property: 'Original' } }),
      set: echoed,
      testsItself: true,
    },
  ],
  ['Test/WhatIf', WHAT_IF],
  [
    'Test/WhatIfReturnDiff',
    {
      ...WHAT_IF,
      whatIf: (input) => ({
        after: { ...input, executionType: 'WhatIf', fromResource: 'ResourceProvidedDiff' },
        changed: ['fromResource'],
      }),
    },
  ],
  ['Test/Delete', { versions: DOUBLE, get: fixed({ deleteCalled: true }), remove: fixed({ deleteCalled: true }) }],
  ['Test/Exist', { versions: DOUBLE, get: existing, set: existing, handlesExist: true }],
]);

function testInDesiredState(input: JsonObject): { readonly actual: JsonObject; readonly differing: readonly string[] } {
  const actual = { ...input, valueOne: 1, valueTwo: 2 };
  return { actual, differing: differingProperties(comparable(input), actual) };
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A state without what only steers a comparison. */
export function comparable(state: JsonObject): JsonObject {
  const hidden: readonly string[] = ['_inDesiredState', '_restartRequired', '_metadata', '_name', '_securityContext'];
  return Object.fromEntries(Object.entries(state).filter((entry): entry is [string, JsonValue] => !hidden.includes(entry[0])));
}
