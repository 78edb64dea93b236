import type { JsonValue } from '../json.ts';
import { parseDurationMs } from './duration.ts';
import type { FailureWord, InputDefinition, OnFailure, Place, Retry, Rollout, Share, Step, StepBody, StepTarget } from './runbook.ts';
import type { InputSource } from './schema-input.ts';
import type { StepSource } from './schema-v1.ts';
import { placeOf, type SourceText } from './source-text.ts';
import { nodeAt, type Segment, type TreeNode } from './tree.ts';

const APPROVAL_TIMEOUT_MS = 86_400_000;
const RETRY_DELAY_MS = 10_000;
const RETRY_MAX_DELAY_MS = 300_000;
const PARALLEL_MAX = 10;

/** What steps are built from: the document with its places, and what a step does on failure when it does not say. */
export interface Building {
  readonly root: TreeNode;
  readonly source: SourceText;
  readonly onFailure?: OnFailure;
}

/** Milliseconds of a duration that the schema has accepted. */
export function ms(text: string): number {
  return parseDurationMs(text) ?? 0;
}

/** The place of the value at a path. */
export function placeAt(building: Building, path: readonly Segment[]): Place {
  return placeOf(building.source, nodeAt(building.root, path)?.span.start ?? 0);
}

/** Builds the steps of a list; `onFailure` of `building` is not inherited into blocks. */
export function buildSteps(steps: readonly StepSource[], path: readonly Segment[], building: Building): readonly Step[] {
  return steps.map((step, index) => buildStep(step, [...path, index], building));
}

function buildStep(step: StepSource, path: readonly Segment[], building: Building): Step {
  const inner = { root: building.root, source: building.source };
  return {
    id: step.id,
    name: step.name ?? step.id,
    body: bodyFrom(step, path, inner),
    ...(step.if === undefined ? {} : { if: step.if }),
    needs: step.needs ?? [],
    ...(step.target === undefined ? {} : { target: targetFrom(step.target) }),
    ...(typeof step.for_each === 'string' ? { forEach: step.for_each } : {}),
    ...(step.as === undefined ? {} : { as: step.as }),
    ...(step.rollout === undefined ? {} : { rollout: rolloutFrom(step.rollout, [...path, 'rollout'], inner) }),
    ...(step.until === undefined ? {} : { until: untilFrom(step.until) }),
    ...(step.success_if === undefined ? {} : { successIf: step.success_if }),
    ...(step.outputs === undefined ? {} : { outputs: step.outputs }),
    ...(step.retry === undefined ? {} : { retry: retryFrom(step.retry) }),
    ...(step.timeout === undefined ? {} : { timeoutMs: ms(step.timeout) }),
    onFailure: onFailureOf(step, path, building),
    ...(step.rollback === undefined ? {} : { rollback: buildSteps(step.rollback, [...path, 'rollback'], inner) }),
    ...(step.rollback_on_failure === undefined ? {} : { rollbackOnFailure: step.rollback_on_failure }),
    ...(step.locks === undefined ? {} : { locks: step.locks }),
    ...(step.windows === undefined ? {} : { windows: step.windows }),
    ...(step.at_window_close === undefined ? {} : { atWindowClose: step.at_window_close }),
    at: placeAt(building, path),
  };
}

function onFailureOf(step: StepSource, path: readonly Segment[], building: Building): OnFailure {
  if (step.on_failure !== undefined) return onFailureFrom(step.on_failure, [...path, 'on_failure'], building);
  // A denied or undecided approval ends the run whatever the runbook says of failures.
  return step.approval === undefined ? (building.onFailure ?? 'stop') : 'stop';
}

/** What follows a failure, as a step or a runbook says it. */
export function onFailureFrom(
  written: NonNullable<StepSource['on_failure']>,
  path: readonly Segment[],
  { root, source }: Pick<Building, 'root' | 'source'>,
): OnFailure {
  if (typeof written === 'string') return written;
  return { steps: buildSteps(written.do, [...path, 'do'], { root, source }), next: written.then };
}

/** The same for a top-level step that takes it from its runbook: what is rolled back there is the whole run. */
export function inheritedOnFailure(given: OnFailure): OnFailure {
  const word = <Word extends string>(text: Word): Word | FailureWord => (text === 'rollback' ? 'rollback_run' : text);
  return typeof given === 'string' ? word(given) : { ...given, next: word(given.next) };
}

function bodyFrom(step: StepSource, path: readonly Segment[], building: Building): StepBody {
  if (step.uses !== undefined) return { kind: 'uses', action: step.uses, with: (step.with ?? {}) as Readonly<Record<string, JsonValue>> };
  if (step.run !== undefined) return runFrom(step, step.run);
  if (step.call !== undefined) return { kind: 'call', runbook: step.call, with: (step.with ?? {}) as Readonly<Record<string, JsonValue>> };
  if (step.approval !== undefined) return approvalFrom(step.approval);
  if (step.manual !== undefined) return manualFrom(step.manual);
  if (step.assert !== undefined) return { kind: 'assert', checks: step.assert };
  if (step.parallel !== undefined) {
    const steps = buildSteps(step.parallel, [...path, 'parallel'], building);
    const last = step.finally === undefined ? {} : { finally: buildSteps(step.finally, [...path, 'finally'], building) };
    return { kind: 'parallel', steps, maxParallel: step.max_parallel ?? PARALLEL_MAX, ...last };
  }
  if (step.steps !== undefined) {
    const steps = buildSteps(step.steps, [...path, 'steps'], building);
    return { kind: 'steps', steps, finally: buildSteps(step.finally ?? [], [...path, 'finally'], building) };
  }
  if (step.undo !== undefined) return { kind: 'undo', step: step.undo };
  return { kind: 'wait', wait: waitFrom(step.wait ?? '0s') };
}

function runFrom(step: StepSource, script: string): StepBody {
  return {
    kind: 'run',
    script,
    ...(step.shell === undefined ? {} : { shell: step.shell }),
    env: (step.env ?? {}) as Readonly<Record<string, JsonValue>>,
    effect: step.effect ?? 'blind',
    ...(step.done_when === undefined ? {} : { doneWhen: step.done_when.run }),
  };
}

function approvalFrom(approval: NonNullable<StepSource['approval']>): StepBody {
  return {
    kind: 'approval',
    by: approval.by,
    need: approval.need,
    needFrom: approval.need_from ?? [],
    self: approval.self ?? false,
    timeoutMs: approval.timeout === undefined ? APPROVAL_TIMEOUT_MS : ms(approval.timeout),
    ...(approval.timeout === undefined ? { timeoutIsDefault: true } : {}),
    ...(approval.remind_before === undefined ? {} : { remindBeforeMs: ms(approval.remind_before) }),
    ...(approval.escalate === undefined ? {} : { escalate: { afterMs: ms(approval.escalate.after), to: approval.escalate.to } }),
    onTimeout: approval.on_timeout ?? 'stop',
    message: approval.message,
    form: inputsFrom(approval.form ?? {}),
  };
}

function manualFrom(manual: NonNullable<StepSource['manual']>): StepBody {
  const timeoutMs = manual.timeout === undefined ? APPROVAL_TIMEOUT_MS : ms(manual.timeout);
  return { kind: 'manual', by: manual.by, instructions: manual.instructions, form: inputsFrom(manual.form ?? {}), timeoutMs };
}

function waitFrom(wait: NonNullable<StepSource['wait']>): Extract<StepBody, { kind: 'wait' }>['wait'] {
  return typeof wait === 'string' ? { duration: wait } : { untilTime: wait.until_time };
}

function targetFrom(target: NonNullable<StepSource['target']>): StepTarget {
  if (typeof target !== 'string') return { kind: 'set', set: target.set, ...(target.where === undefined ? {} : { where: target.where }) };
  return target.includes('${{') ? { kind: 'produced', expression: innerExpression(target) } : { kind: 'set', set: target };
}

function innerExpression(text: string): string {
  return text
    .trim()
    .replace(/^\$\{\{/, '')
    .replace(/\}\}$/, '')
    .trim();
}

function rolloutFrom(rollout: NonNullable<StepSource['rollout']>, path: readonly Segment[], building: Building): Rollout {
  return {
    waves: (rollout.waves ?? []).map(shareFrom),
    ...(rollout.max_parallel === undefined ? {} : { maxParallel: rollout.max_parallel }),
    maxFailures: shareFrom(rollout.max_failures ?? 0),
    ...(rollout.on_exceeded === undefined ? {} : { onExceeded: rollout.on_exceeded }),
    ...(rollout.order_by === undefined ? {} : { orderBy: rollout.order_by }),
    ...(rollout.after_wave === undefined ? {} : { afterWave: buildSteps(rollout.after_wave, [...path, 'after_wave'], building) }),
  };
}

function shareFrom(share: number | string): Share {
  return typeof share === 'number' ? { count: share } : { percent: Number(share.slice(0, -1)) };
}

function untilFrom(until: NonNullable<StepSource['until']>): NonNullable<Step['until']> {
  return { condition: until.condition, everyMs: ms(until.every), timeoutMs: ms(until.timeout) };
}

function retryFrom(retry: NonNullable<StepSource['retry']>): Retry {
  const given = typeof retry === 'number' ? { attempts: retry } : retry;
  return {
    attempts: given.attempts,
    delayMs: given.delay === undefined ? RETRY_DELAY_MS : ms(given.delay),
    backoff: given.backoff ?? 1,
    maxDelayMs: given.max_delay === undefined ? RETRY_MAX_DELAY_MS : ms(given.max_delay),
    ...(given.max_duration === undefined ? {} : { maxDurationMs: ms(given.max_duration) }),
    ...(given.if === undefined ? {} : { if: given.if }),
  };
}

/** The definitions of inputs or form fields; bounds and defaults stay as written. */
export function inputsFrom(inputs: Readonly<Record<string, InputSource>>): Readonly<Record<string, InputDefinition>> {
  return Object.fromEntries(Object.entries(inputs).map(([id, input]) => [id, inputFrom(input)]));
}

function inputFrom(input: InputSource): InputDefinition {
  const { min_length: minLength, max_length: maxLength, resource_type: resourceType, items, fields, ...rest } = input;
  const definition = {
    ...rest,
    minLength,
    maxLength,
    resourceType,
    items: items === undefined ? undefined : inputFrom(items),
    fields: fields === undefined ? undefined : inputsFrom(fields),
  };
  return Object.fromEntries(Object.entries(definition).filter(([, value]) => value !== undefined)) as unknown as InputDefinition;
}
