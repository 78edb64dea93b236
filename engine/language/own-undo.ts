import type { Undo } from '../actions/action.ts';
import type { JsonValue } from '../json.ts';
import type { KnownAction } from './load.ts';
import { enclosing, type OutlinedStep } from './outline.ts';
import type { OnFailure, Runbook, Step } from './runbook.ts';
import { entryOf } from './tree.ts';

type Actions = ReadonlyMap<string, Pick<KnownAction, 'undo'>>;

/** Id of the step that takes another one back by its action's own undo. Written ids hold no hyphen, so it is never one of those. */
export function ownUndoId(id: string): string {
  return `undo-${id}`;
}

/** The runbook with what nobody had to write: the own undo of each action, as a rollback step. What cleans up has none. */
export function withOwnUndo(runbook: Runbook, actions: Actions): Runbook {
  return {
    ...runbook,
    steps: expandAll(runbook.steps, actions),
    ...(runbook.onFailure === undefined ? {} : { onFailure: inHandler(runbook.onFailure, actions) }),
  };
}

/** What takes a step back that says nothing of it itself: its action's own undo. A cleanup has none, and `rollback: []` wants none. */
export function ownUndoOf(step: OutlinedStep): Undo | undefined {
  const cleansUp = step.section !== 'steps' || [step, ...enclosing(step)].some(({ list }) => list === 'rollback' || list === 'finally');
  return cleansUp || entryOf(step.node, 'rollback') !== undefined ? undefined : step.action?.undo;
}

/** The steps together with those that own undos become, each after what it takes back: what a test of the runbook may name. */
export function withOwnUndoSteps(steps: readonly OutlinedStep[], actions: ReadonlyMap<string, KnownAction>): readonly OutlinedStep[] {
  return steps.flatMap((step) => {
    const undo = ownUndoOf(step);
    const action = undo === undefined ? undefined : actions.get(undo.action);
    if (undo === undefined || action === undefined) return [step];
    const node = { kind: 'map', entries: [], span: step.node.span } as const;
    const { effect, severity } = action;
    const nobodyWrote = { node, bodies: [], body: 'uses', list: 'rollback', index: 0, fanOut: undefined, alias: 'target' } as const;
    return [step, { ...step, ...nobodyWrote, id: ownUndoId(step.id), parent: step, action, effect, severity }];
  });
}

function expandAll(steps: readonly Step[], actions: Actions): readonly Step[] {
  return steps.map((step) => expand(step, actions));
}

function expand(step: Step, actions: Actions): Step {
  const undo = step.rollback === undefined && step.body.kind === 'uses' ? actions.get(step.body.action)?.undo : undefined;
  return {
    ...step,
    body: inBody(step.body, actions),
    onFailure: inHandler(step.onFailure, actions),
    ...(step.rollout?.afterWave === undefined
      ? {}
      : { rollout: { ...step.rollout, afterWave: expandAll(step.rollout.afterWave, actions) } }),
    ...(undo === undefined ? {} : { rollback: [derived(step, undo)] }),
  };
}

function inBody(body: Step['body'], actions: Actions): Step['body'] {
  return body.kind === 'steps' || body.kind === 'parallel' ? { ...body, steps: expandAll(body.steps, actions) } : body;
}

function inHandler(handler: OnFailure, actions: Actions): OnFailure {
  return typeof handler === 'string' ? handler : { ...handler, steps: expandAll(handler.steps, actions) };
}

function derived({ id, name, body, at }: Step, undo: Undo): Step {
  const given: Readonly<Record<string, JsonValue>> = body.kind === 'uses' ? body.with : {};
  const same = (undo.same ?? []).filter((argument) => argument in given);
  const shared = Object.fromEntries(Object.entries(given).filter(([argument]) => same.includes(argument)));
  return {
    id: ownUndoId(id),
    name: `Undo: ${name}`,
    body: { kind: 'uses', action: undo.action, with: { ...shared, ...(undo.with as Readonly<Record<string, JsonValue>>) } },
    needs: [],
    ...(undo.on === undefined ? {} : { target: { kind: 'produced', expression: `steps.${id}.${undo.on}` } }),
    onFailure: 'stop',
    ownUndo: { of: body.kind === 'uses' ? body.action : '', same },
    at,
  };
}
