import { z } from 'zod';
import {
  type Action,
  type ActionContext,
  effectAction,
  type EffectAction,
  readAction,
  type SubmitOutcome,
} from '../../engine/actions/action.ts';
import { attemptName } from '../../engine/ids.ts';
import type { Dice } from '../../adapters/memory/dice.ts';
import type { Targets } from './targets.ts';

interface Input {
  readonly target: string;
}

const HEAD = {
  summary: 'An action of the simulated world.',
  severity: 'moderate',
  target: 'none',
  input: z.strictObject({ target: z.string() }),
  result: { changed: 'bool' },
  timeoutMs: 600_000,
  permissions: [],
} as const;

/** Actions over the simulated targets, one for each class that a search can decide. `bend` lets a planted bug break one of them. */
export function worldActions(
  targets: Targets,
  dice: Dice,
  bend: (action: EffectAction<Input>) => EffectAction<Input>,
): ReadonlyMap<string, Action> {
  const read = readAction<Input>({
    ...HEAD,
    name: 'world.read@1',
    effect: 'read',
    severity: 'mild',
    read: async (ports, context) => {
      await ports.clock.sleep(dice.between(1, 500), context.signal);
      if (dice.chance(0.1)) return { kind: 'unanswered', message: 'throttled', retryAfterMs: 5_000 };
      return { kind: 'succeeded', result: { changed: targets.isOn(context.input.target) } };
    },
  });
  const named = effectAction<Input>(bend(namedAction(targets)));
  const guarded = effectAction<Input>(bend(guardedAction(targets)));
  return new Map([read, named, guarded].map((action) => [action.name, action]));
}

function namedAction(targets: Targets): EffectAction<Input> {
  const nameOf = ({ stepKey, attempt }: ActionContext<Input>): string => attemptName(stepKey, attempt);
  return {
    ...HEAD,
    name: 'world.named@1',
    effect: 'named',
    quietMs: 120_000,
    precheck: async (_ports, context) => {
      const effect = targets.named(nameOf(context));
      return effect === undefined ? { kind: 'proceed' } : { kind: 'ours', handle: { name: nameOf(context) } };
    },
    submit: (_ports, context) => submit(targets, 'named', { context, name: nameOf(context) }),
    find: async (_ports, context) => {
      const effect = targets.named(nameOf(context));
      return effect === undefined ? { kind: 'absent' } : { kind: 'found', handle: { name: nameOf(context) } };
    },
    poll: async (_ports, context) => pollOf(targets.named(nameOf(context))?.state),
    verify: async () => ({ kind: 'succeeded', result: { changed: true } }),
  };
}

function guardedAction(targets: Targets): EffectAction<Input> {
  const ours = (context: ActionContext<Input>) => targets.started(context.requestIds);
  return {
    ...HEAD,
    name: 'world.guarded@1',
    effect: 'guarded',
    quietMs: 120_000,
    precheck: async (_ports, context) => {
      const mine = ours(context);
      if (mine?.state === 'running') return { kind: 'ours', handle: { jobId: mine.requestId } };
      if (targets.running(context.input.target) !== undefined)
        return { kind: 'unanswered', message: 'other work is under way', retryAfterMs: 10_000 };
      return targets.isOn(context.input.target) ? { kind: 'succeeded', result: { changed: false } } : { kind: 'proceed' };
    },
    submit: (_ports, context) => submit(targets, 'guarded', { context, name: context.requestId }),
    find: async (_ports, context) => {
      const mine = ours(context);
      if (mine !== undefined) return { kind: 'found', handle: { jobId: mine.requestId } };
      if (targets.isOn(context.input.target)) return { kind: 'reached' };
      return targets.running(context.input.target) === undefined
        ? { kind: 'absent' }
        : { kind: 'unanswered', message: 'other work is under way', retryAfterMs: 10_000 };
    },
    poll: async (_ports, context) => pollOf(ours(context)?.state),
    verify: async (_ports, context) =>
      targets.isOn(context.input.target)
        ? { kind: 'succeeded', result: { changed: true } }
        : { kind: 'not_yet', message: 'the target is not on', retryAfterMs: 5_000 },
  };
}

function pollOf(state: 'running' | 'succeeded' | 'failed' | undefined) {
  if (state === 'running') return { kind: 'running', retryAfterMs: 15_000 } as const;
  if (state === 'failed') return { kind: 'failed', failure: { kind: 'target', message: 'the operation ended badly' } } as const;
  return state === undefined ? ({ kind: 'gone' } as const) : ({ kind: 'ended_well' } as const);
}

async function submit(
  targets: Targets,
  kind: 'named' | 'guarded',
  at: { readonly context: ActionContext<Input>; readonly name: string },
): Promise<SubmitOutcome> {
  const { context, name } = at;
  const { stepKey, attempt, requestId } = context;
  const reply = await targets.send({ kind, target: context.input.target, name, stepKey, attempt, requestId });
  switch (reply.kind) {
    case 'accepted':
      return { kind: 'accepted', handle: { name } };
    case 'conflict':
    case 'lost':
      return { kind: 'ambiguous', message: 'no usable answer' };
    case 'throttled':
      return { kind: 'throttled', message: 'throttled', retryAfterMs: 10_000 };
    case 'refused_connection':
      return { kind: 'not_sent', message: 'connection refused', retryAfterMs: 5_000 };
  }
}
