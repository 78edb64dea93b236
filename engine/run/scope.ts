import type { JsonObject, JsonValue } from '../json.ts';
import type { Scope } from '../language/expression.ts';
import { planIdName } from '../language/expression-parse.ts';
import type { Runbook } from '../language/runbook.ts';
import type { Plan } from '../plan/plan-record.ts';
import { recoveryPlanId } from '../plan/recovery-plan.ts';
import type { Target } from '../target.ts';
import { durationValue, timeValue } from '../values.ts';
import type { FanOutItem, RunRecord, RunView, StepRecord } from './record.ts';
import { itemPath, stepPath, visiblePrefixes } from './step-path.ts';
import { statusOf } from './verdict.ts';

/** The item that a node works on and the name under which expressions see it. */
export interface ItemBinding {
  readonly alias: string;
  readonly item: FanOutItem;
  /** Path of the item, or prefix of the steps after the wave: it is bound in everything below. Absent while the item is only looked at. */
  readonly at?: string;
}

/** Where an expression is evaluated: plan, state of the run, level of the step and the items around it. */
export interface ScopeAt {
  readonly plan: Plan;
  readonly view: RunView;
  readonly prefix: string;
  readonly bindings: readonly ItemBinding[];
  /** The node that a handler or a rollback is about: it is seen under its id, also when it is one item of a fan-out. */
  readonly about?: string;
  readonly nowMs: number;
}

/** Everything an expression may read at a place. Steps that have no record are absent, so reading one is an error and never null. */
export function scopeAt(at: ScopeAt, extra: Scope = {}): Scope {
  // Most expressions read neither targets nor steps, and a fleet has thousands of both: they are made when they are first read.
  return whenRead(
    { targets: () => targetsScope(at.plan.definition, at.plan.sets), steps: () => stepsScope(at) },
    {
      inputs: at.plan.inputs,
      vars: at.plan.vars as JsonObject,
      run: runScope(at.plan, at.view.run, at.nowMs),
      trigger: { kind: at.view.run.trigger, slot: timeOrNull(at.view.run.slotMs), body: at.view.run.triggerBody ?? null },
      ...Object.fromEntries(at.bindings.map(({ alias, item }) => [alias, itemScope(item)])),
      ...extra,
    },
  );
}

function whenRead(makers: Readonly<Record<string, () => JsonValue>>, known: Scope): Scope {
  const scope: Record<string, JsonValue> = { ...known };
  for (const [name, make] of Object.entries(makers)) {
    if (name in known) continue;
    let made: JsonValue | undefined;
    Object.defineProperty(scope, name, { enumerable: true, get: () => (made ??= make()) });
  }
  return scope;
}

/** The target sets as expressions see them, each set of a recovery plan with the ARM id of its plan beside it. */
export function targetsScope(
  { targets }: Pick<Runbook, 'targets'>,
  sets: Readonly<Record<string, { readonly targets: readonly Target[] }>>,
): JsonObject {
  const lists = Object.entries(sets).map(([name, set]): [string, JsonValue] => [name, set.targets.map(targetScope)]);
  const planIds = Object.entries(targets).flatMap(([name, { source }]): [string, JsonValue][] =>
    source.kind === 'recovery_plan' ? [[planIdName(name), recoveryPlanId(source)]] : [],
  );
  return Object.fromEntries([...lists, ...planIds]);
}

/** A target as expressions see it. */
export function targetScope(target: Target): JsonObject {
  return {
    key: target.key,
    name: target.name,
    kind: target.kind,
    id: target.id,
    os: target.os,
    address: target.address,
    via: target.via,
    port: target.port,
    tags: target.tags,
    location: target.location,
    resource_group: target.resourceGroup,
    subscription: target.subscription,
    recovery_group: target.recoveryGroup,
    power_state: target.powerState,
    environment: target.environment,
  };
}

/** An item of a fan-out as expressions see it under its alias. */
export function itemScope(item: FanOutItem): JsonValue {
  return item.target === undefined ? (item.value ?? null) : targetScope(item.target);
}

function stepsScope({ view, prefix, about }: ScopeAt): JsonObject {
  const own = about === undefined ? undefined : view.steps.get(about);
  const seen = new Map(own === undefined ? [] : [[own.stepId, own]]);
  for (const level of visiblePrefixes(prefix)) {
    for (const record of view.steps.values()) {
      if (record.itemKey !== undefined || record.path !== stepPath(level, record.stepId) || seen.has(record.stepId)) continue;
      seen.set(record.stepId, record);
    }
  }
  return whenRead(Object.fromEntries([...seen].map(([id, record]) => [id, () => stepScope(view, record)])), {}) as JsonObject;
}

function stepScope(view: RunView, record: StepRecord): JsonObject {
  const head: Record<string, JsonValue> = {
    status: statusOf(record),
    attempts: record.attempt,
    started_at: timeOrNull(record.createdAtMs),
    ended_at: timeOrNull(record.endedAtMs),
    duration:
      record.createdAtMs === undefined || record.endedAtMs === undefined ? null : durationValue(record.endedAtMs - record.createdAtMs),
    error: errorScope(record),
    produced: (record.produced ?? []).map(targetScope),
  };
  if (record.node !== 'fan_out') return { ...head, outputs: record.outputs ?? null };
  const members = (record.items ?? []).map((item) => {
    const member = view.steps.get(itemPath(record.path, item.key));
    return {
      key: item.key,
      status: statusOf(member),
      outputs: member?.outputs ?? null,
      error: member === undefined ? null : errorScope(member),
    };
  });
  return { ...head, results: members, by_key: Object.fromEntries(members.map((member) => [member.key, member])) };
}

function errorScope(record: StepRecord): JsonValue {
  if (record.error === undefined) return null;
  return { kind: record.error.kind, message: record.error.message, exit_code: record.error.exitCode ?? null };
}

function runScope(plan: Plan, run: RunRecord, nowMs: number): JsonObject {
  const objectives = plan.definition.objectives;
  const stopped = run.clock.stoppedAtMs ?? nowMs;
  const elapsed = run.clock.startedAtMs === undefined ? null : stopped - run.clock.startedAtMs;
  return {
    id: run.runId,
    number: run.number,
    purpose: run.purpose,
    runbook: run.runbook,
    commit: plan.runbookDigest.slice(0, 12),
    environment: run.environment,
    started_at: timeOrNull(run.startedAtMs),
    started_by: run.requester.name,
    trigger: run.trigger,
    retry_of: run.retryOf === undefined ? null : String(run.retryOf.number),
    objectives: { rto: durationOrNull(objectives?.rtoMs), rpo: durationOrNull(objectives?.rpoMs) },
    rto: {
      elapsed: elapsed === null ? null : durationValue(elapsed),
      active: elapsed === null ? null : durationValue(elapsed - run.clock.waitedMs),
    },
    url: run.publicUrl === undefined ? '' : `${run.publicUrl}/runs/${run.number}`,
    dry_run: false,
    status: run.outcome ?? run.state,
    rollback: run.rollback ?? 'none',
  };
}

function timeOrNull(ms: number | undefined): JsonValue {
  return ms === undefined ? null : timeValue(ms);
}

function durationOrNull(ms: number | undefined): JsonValue {
  return ms === undefined ? null : durationValue(ms);
}
