import { evaluateText } from '../../engine/dsc/expression/evaluate.ts';
import { isOfType } from '../../engine/dsc/expression/parameter-type.ts';
import { fail } from '../../engine/dsc/expression/problem.ts';
import { PARAMETER_TYPES, type Scope } from '../../engine/dsc/expression/scope.ts';
import { isList, isMap, isSecure, SECURE_MARK, type Value } from '../../engine/dsc/expression/value.ts';
import { reportNoValue } from '../../engine/dsc/problem-place.ts';
import { templateOf } from '../../engine/dsc/template.ts';
import { evaluateTree, valueFromJson } from '../../engine/dsc/tree-value.ts';
import { isWanted, normalId, unfold, type Unfolded } from '../../engine/dsc/unfold.ts';
import { compareVersions, CONTRACT_VERSION, meetsRequirement } from '../../engine/dsc/version-requirement.ts';
import type { JsonObject, JsonValue } from '../../engine/json.ts';
import { child, textOf } from '../../engine/language/tree.ts';
import type { DscCase, Operation, Ran } from './dsc-case.ts';
import { DscFailure, isError, type Ready, readyDocument, settled, stop } from './dsc-document.ts';
import { securityContext } from './dsc-answers.ts';
import { type Carried, carryOut, restartsIn, rowOf } from './dsc-carry-out.ts';
import { DSC_TYPES, type DscType } from './dsc-types.ts';

/** Carries a document out as the reference does and gives what it prints; never throws for what a document holds. */
export function runDocument(text: string, operation: Operation, given: Pick<DscCase, 'parameters' | 'parametersFile'> = {}): Ran {
  const messages: string[] = [];
  try {
    const ready = readyDocument(text, given);
    const running = newRunning(operation, messages);
    const rows = allRows(ready, running);
    const outputs = operation === 'set-whatIf' ? undefined : outputsOf(ready, running);
    return { ok: true, messages, result: printed({ rows, outputs, operation, running }) };
  } catch (error) {
    if (!(error instanceof DscFailure)) throw error;
    return { ok: false, exitCode: error.exitCode, message: [...messages, error.message].join('\n'), isSyntax: error.isSyntax };
  }
}

/** What a run has found so far; groups share it with what stands in them. */
interface Running {
  readonly operation: Operation;
  readonly startedAtMs: number;
  readonly rows: Map<string, JsonObject>;
  readonly states: Map<string, Value>;
  readonly changes: Map<string, boolean>;
  readonly restarts: JsonObject[];
  readonly messages: string[];
  readonly open: Set<string>;
}

function newRunning(operation: Operation, messages: string[]): Running {
  return {
    operation,
    startedAtMs: Date.now(),
    rows: new Map(),
    states: new Map(),
    changes: new Map(),
    restarts: [],
    messages,
    open: new Set(),
  };
}

/** The rows of all instances in their order; one that another refers to comes before it. */
function allRows({ template, scope, report, findings }: Ready, running: Running): readonly JsonObject[] {
  const instances = unfold(template.resources, { scope, report, isAwaited: () => false });
  if (findings.some(isError)) stop(findings);
  const byId = new Map(instances.map((instance) => [instance.id, instance]));
  const visit = (instance: Unfolded): void => {
    if (running.rows.has(instance.id) || running.open.has(instance.id)) return;
    running.open.add(instance.id);
    const answers = { ...scope.answers, ...runAnswers(running, (id) => void (byId.has(id) && visit(byId.get(id) as Unfolded))) };
    runInstance({ ...instance, scope: { ...instance.scope, answers } }, { report, findings, running });
    if (findings.some(isError)) stop(findings);
  };
  for (const instance of instances) visit(instance);
  return [...running.rows.values()];
}

function runAnswers(running: Running, need: (id: string) => void): Scope['answers'] {
  return {
    reference: (id) => {
      const wanted = normalId(id);
      if (running.operation === 'get' || running.operation === 'test') need(wanted);
      return running.states.get(wanted) ?? fail(`there is no state of ${wanted} yet`);
    },
    stateChanged: (id) => running.changes.get(normalId(id)) ?? fail(`no state change is known of ${id}`),
    restartRequired: (kind, name) => {
      if (running.restarts.length === 0) return fail('nothing is known of restarts');
      return running.restarts.some((each) => isRestart(each[kind], kind, name));
    },
  };
}

function isRestart(value: JsonValue | undefined, kind: string, name: string | undefined): boolean {
  if (value === undefined) return false;
  if (kind === 'system') return true;
  return kind === 'service' ? value === name : (value as JsonObject)['name'] === name;
}

interface Carrying {
  readonly report: Ready['report'];
  readonly findings: Ready['findings'];
  readonly running: Running;
}

function runInstance(instance: Unfolded, { report, findings, running }: Carrying): void {
  const { entry, id, scope } = instance;
  const wanted = isWanted(instance, { scope, report, isAwaited: () => false });
  if (findings.some(isError)) stop(findings);
  if (wanted !== true) return;
  if (GROUPS.has(entry.type)) return runGroup(instance, { report, findings, running });
  const { type, version } = typeOf(instance);
  const value =
    entry.properties === undefined
      ? new Map<string, Value>()
      : evaluateTree(entry.properties, scope, (node, path, problem) =>
          reportNoValue(report, { node, path: [...entry.base, 'properties', ...path] }, problem),
        );
  if (value === undefined || !isMap(value)) return stop(findings);
  const shows = value.get('showSecrets') === true;
  const input = { ...(plain(value, shows) as JsonObject), ...metadataFor(instance, type, running) };
  const carried = carryOut({ type, version, input, operation: running.operation });
  keep(instance, carried, running);
  running.states.set(id, valueFromJson(carried.state));
}

function keep({ entry, id, name }: Unfolded, carried: Carried, running: Running): void {
  const restarts = restartsIn(carried.state, running.messages);
  running.restarts.push(...restarts);
  if (carried.changed !== undefined) running.changes.set(id, carried.changed.length > 0);
  running.rows.set(id, rowOf({ type: entry.type, name, carried, restarts }));
}

const ASSERTION = 'Microsoft.DSC/Assertion';
const INCLUDE = 'Microsoft.DSC/Include';
const GROUPS = new Set(['Microsoft.DSC/Group', ASSERTION, INCLUDE]);

/** The document inside a group has parameters, variables and references of its own. */
function runGroup({ entry, id, name }: Unfolded, { report, findings, running }: Carrying): void {
  const own = entry.type === INCLUDE ? included(entry) : grouped(entry, { report, findings, running });
  const inside = newRunning(entry.type === ASSERTION ? 'test' : running.operation, running.messages);
  const rows = allRows(own, inside);
  const isMet = rows.every((row) => (row['result'] as JsonObject)['inDesiredState'] !== false);
  if (entry.type === ASSERTION && !isMet) throw new DscFailure(2, `Assertion failed: ${id}`);
  running.states.set(id, valueFromJson(rows));
  running.rows.set(id, { name, type: entry.type, result: rows });
}

function grouped({ properties, base }: Unfolded['entry'], { report, findings }: Carrying): Ready {
  if (properties === undefined) throw new DscFailure(2, `${base.join('/')} holds no document`);
  const template = templateOf(properties, { path: 'case.dsc.yaml', text: '', lineStarts: [0] }, report);
  if (findings.some(isError)) stop(findings);
  return { ...settled(template, new Map(), { report, findings }), report, findings };
}

/** A document that stands as text in another one, with the parameters beside it. */
function included({ properties, base }: Unfolded['entry']): Ready {
  const content = textOf(child(properties, 'configurationContent'));
  if (content === undefined) throw new DscFailure(2, `${base.join('/')} has no configurationContent`);
  const parameters = textOf(child(properties, 'parametersContent'));
  return readyDocument(content, parameters === undefined ? {} : { parametersFile: parameters });
}

function typeOf({ entry }: Unfolded): { readonly type: DscType; readonly version: string } {
  const type = DSC_TYPES.get(entry.type);
  const requirement = entry.requireVersion === undefined ? undefined : String(entry.requireVersion.value);
  const fitting = (type?.versions ?? []).filter((each) =>
    requirement === undefined ? !each.includes('-') : meetsRequirement(each, requirement),
  );
  const version = fitting.toSorted(compareVersions).at(-1);
  if (type === undefined || version === undefined) throw new DscFailure(2, `resource not found: ${entry.type} ${requirement ?? ''}`);
  return { type, version };
}

/** Metadata of an instance goes to resources that know it. */
function metadataFor({ entry }: Unfolded, type: DscType, running: Running): JsonObject {
  const metadata = child(entry.node, 'metadata');
  if (metadata === undefined) return {};
  const properties = type.schema?.['properties'] as JsonObject | undefined;
  if (properties?.['_metadata'] !== undefined) return { _metadata: plain(evaluatedText(metadata), false) as JsonObject };
  running.messages.push("INFO Will not add '_metadata' to properties because resource schema does not support it");
  return {};
}

function evaluatedText(node: Parameters<typeof evaluateTree>[0]): Value {
  const scope: Scope = { place: 'resource', parameters: new Map(), variables: new Map(), functions: new Map(), answers: {} };
  return evaluateTree(node, scope, () => undefined) ?? new Map();
}

function outputsOf({ template, scope, report, findings }: Ready, running: Running): JsonObject | undefined {
  if (template.outputs.length === 0) return undefined;
  const answers = { ...scope.answers, ...runAnswers(running, () => undefined) };
  const inOutput: Scope = { ...scope, place: 'output', answers };
  const made = template.outputs.flatMap(({ key, value: node }): readonly (readonly [string, JsonValue])[] => {
    const type = PARAMETER_TYPES.find((each) => each === textOf(child(node, 'type')));
    const valueNode = child(node, 'value');
    const condition = child(node, 'condition');
    if (type === undefined || valueNode === undefined || type.startsWith('secure')) return [];
    if (condition !== undefined && outputValue(condition, inOutput, ['outputs', key, 'condition'], report) !== true) return [];
    const value = outputValue(valueNode, inOutput, ['outputs', key, 'value'], report);
    if (findings.some(isError) || value === undefined) return stop(findings);
    if (!isOfType(value, type)) throw new DscFailure(2, `the output ${key} is not ${type}`);
    return [[key, plain(value, false)]];
  });
  return Object.fromEntries(made);
}

function outputValue(
  node: Parameters<typeof evaluateTree>[0],
  scope: Scope,
  path: readonly string[],
  report: Ready['report'],
): Value | undefined {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return evaluateTree(node, scope, () => undefined);
  const made = evaluateText(node.value, scope);
  if ('value' in made) return made.value;
  reportNoValue(report, { node, path }, made.problem);
  return undefined;
}

interface Printing {
  readonly rows: readonly JsonObject[];
  readonly outputs: JsonObject | undefined;
  readonly operation: Operation;
  readonly running: Running;
}

function printed({ rows, outputs, operation, running }: Printing): JsonObject {
  const information: JsonObject = {
    executionType: operation === 'set-whatIf' ? 'whatIf' : 'actual',
    operation: operation === 'set-whatIf' ? 'set' : operation,
    securityContext: securityContext(),
    version: CONTRACT_VERSION,
    startDatetime: new Date(running.startedAtMs).toISOString(),
    endDatetime: new Date().toISOString(),
    duration: `PT${((Date.now() - running.startedAtMs) / 1000).toFixed(3)}S`,
    ...(running.restarts.length === 0 ? {} : { restartRequired: running.restarts }),
  };
  const metadata = { 'Microsoft.DSC': information };
  if (operation === 'export') return { metadata, resources: rows.flatMap((row) => row['resources'] as readonly JsonObject[]) };
  return {
    executionInformation: information,
    metadata,
    results: rows,
    messages: [],
    hadErrors: false,
    ...(outputs === undefined ? {} : { outputs }),
  };
}

/** Plain JSON as it is printed: a secret shows a mark, unless it is asked for. */
function plain(value: Value, shows: boolean): JsonValue {
  if (isSecure(value)) return shows ? plain(value.reveal(), shows) : SECURE_MARK;
  if (isList(value)) return value.map((item) => plain(item, shows));
  if (isMap(value)) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item, shows)]));
  return typeof value === 'bigint' ? Number(value) : (value as JsonValue);
}
