import type { JsonObject, JsonValue } from '../../engine/json.ts';
import type { Operation } from './dsc-case.ts';
import { DscFailure } from './dsc-document.ts';
import { comparable, type DscType } from './dsc-types.ts';
import { differingProperties } from './reference-diff.ts';

/** What one operation did to one instance. */
export interface Carried {
  readonly result: JsonObject;
  /** The state that others refer to. */
  readonly state: JsonObject;
  /** What a set has changed; absent for other operations. */
  readonly changed?: readonly string[];
  readonly exported?: readonly JsonObject[];
}

interface Carrying {
  readonly type: DscType;
  readonly version: string;
  readonly input: JsonObject;
  readonly operation: Operation;
}

/** Carries one operation out on one instance. */
export function carryOut(carrying: Carrying): Carried {
  const { type, version, input, operation } = carrying;
  switch (operation) {
    case 'get': {
      const state = type.get(input, version);
      return { result: { actualState: visible(state) }, state };
    }
    case 'test':
      return tested(carrying);
    case 'set':
      return hasOwnSet(carrying) ? set(carrying) : removed(carrying);
    case 'set-whatIf':
      return imagined(carrying);
    case 'export':
      if (type.exported === undefined) throw new DscFailure(2, 'the resource does not support export');
      return { result: {}, state: input, exported: type.exported(input) };
  }
}

function tested({ type, version, input }: Carrying): Carried {
  const own = type.test?.(input);
  const actual = own?.actual ?? type.get(input, version);
  const differing = own?.differing ?? differingProperties(comparable(input), actual, type.schema);
  const said = actual['_inDesiredState'];
  const isDesired = typeof said === 'boolean' ? said : differing.length === 0;
  const result = { desiredState: visible(input), actualState: visible(actual), inDesiredState: isDesired, differingProperties: differing };
  return { result, state: actual };
}

function hasOwnSet({ type, input }: Carrying): boolean {
  return type.handlesExist === true || input['_exist'] !== false;
}

function set(carrying: Carrying): Carried {
  const { type, version, input } = carrying;
  const before = type.get(input, version);
  const isDesired = type.testsItself !== true && (tested(carrying).result['inDesiredState'] as boolean);
  const after = isDesired ? before : (type.set?.(input, version) ?? before);
  const changed = changes(before, after);
  return changedResult(before, after, changed);
}

/** What must not exist and cannot be set so is deleted. */
function removed({ type, version, input }: Carrying): Carried {
  const before = type.get(input, version);
  type.remove?.(input);
  const after = type.get(input, version);
  return changedResult(before, after, changes(before, after));
}

function imagined(carrying: Carrying): Carried {
  const { type, version, input } = carrying;
  const before = type.get(input, version);
  const own = type.whatIf?.(input);
  if (own !== undefined) return changedResult(before, own.after, own.changed ?? changes(before, own.after));
  const after = type.set === undefined ? before : { ...before, ...input };
  return changedResult(before, after, changes(before, after));
}

function changedResult(before: JsonObject, after: JsonObject, changed: readonly string[]): Carried {
  const named = changed.length === 0 ? null : changed;
  return { result: { beforeState: visible(before), afterState: visible(after), changedProperties: named }, state: after, changed };
}

function changes(before: JsonObject, after: JsonObject): readonly string[] {
  return differingProperties(comparable(after), before);
}

/** A state as it is shown: what is kept about it stands in the row. */
function visible(state: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(state).filter(([key]) => key !== '_metadata'));
}

/** The valid entries of what a resource says about restarts; an invalid list is told and dropped. */
export function restartsIn(state: JsonObject, messages: string[]): readonly JsonObject[] {
  const said = state['_restartRequired'];
  if (!Array.isArray(said)) return [];
  const entries = said as readonly JsonObject[];
  if (entries.every(isRestartEntry)) return entries;
  messages.push(`WARN Resource returned property '_restartRequired' which contains invalid value: ${JSON.stringify(said)}`);
  return [];
}

function isRestartEntry(entry: JsonObject): boolean {
  const [key, ...others] = Object.keys(entry);
  if (others.length > 0) return false;
  if (key === 'system' || key === 'service') return typeof entry[key] === 'string';
  const process = key === 'process' ? (entry['process'] as JsonObject | null) : null;
  return typeof process?.['name'] === 'string' && typeof process['id'] === 'number';
}

interface Row {
  readonly type: string;
  readonly name: string;
  readonly carried: Carried;
  readonly restarts: readonly JsonObject[];
}

/** The row of an instance in the printed result. */
export function rowOf({ type, name, carried, restarts }: Row): JsonObject {
  if (carried.exported !== undefined) return { resources: carried.exported.map((state) => exportedRow(type, name, state)) };
  const own = carried.state['_metadata'];
  return {
    executionInformation: restarts.length === 0 ? {} : { restartRequired: restarts },
    metadata: withoutReserved(own),
    name,
    type,
    result: carried.result,
  };
}

function exportedRow(type: string, name: string, { _name: own, _metadata: metadata, ...properties }: JsonObject): JsonObject {
  return { type, name: typeof own === 'string' ? own : name, metadata: withoutReserved(metadata), properties };
}

function withoutReserved(metadata: JsonValue | undefined): JsonObject {
  if (metadata === null || typeof metadata !== 'object' || Array.isArray(metadata)) return {};
  return Object.fromEntries(
    Object.entries(metadata).filter((entry): entry is [string, JsonValue] => !entry[0].startsWith('Microsoft.DSC')),
  );
}
