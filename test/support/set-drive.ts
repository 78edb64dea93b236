import type { ActionContext, ActionPorts, EffectAction, Failed, Recorded, Success } from '../../engine/actions/action.ts';
import { dscSet } from '../../engine/actions/dsc-set.ts';
import { actionContext, machine } from './action-world.ts';

const DOCUMENT = 'configurations/set.dsc.yaml';

/** A document of the given entries of `resources`, one line each. */
export function setDocument(...resources: readonly string[]): string {
  const lines = resources.map((one) => `  - { ${one} }`);
  return ['$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json', 'resources:', ...lines, ''].join('\n');
}

/** The context of one set of a document. */
export function setContext(text: string, changes: { readonly input?: object } & Partial<ActionContext<object>> = {}): ActionContext<never> {
  const { input = {}, ...rest } = changes;
  const parsed = dscSet.input.parse({ document: DOCUMENT, ...input });
  return actionContext({ target: machine({ via: 'local' }), ...rest, input: parsed, configurations: { [DOCUMENT]: text } }) as never;
}

/** How a set ended, how often a request with an effect left, and what was to be kept of it, in order. */
export interface DrivenSet {
  readonly outcome: Success | Failed;
  readonly submits: number;
  readonly kept: readonly Recorded[];
}

/** Brings one set to its end as the engine does it when nothing goes wrong. */
export async function driveSet(ports: ActionPorts, first: ActionContext<never>): Promise<DrivenSet> {
  const action = dscSet as EffectAction;
  const precheck = await again(() => action.precheck(ports, first));
  if (precheck.kind === 'succeeded' || precheck.kind === 'failed') return { outcome: precheck, submits: 0, kept: [precheck] };
  if (precheck.kind !== 'proceed') throw new Error(`precheck: ${precheck.kind}`);
  const context = { ...first, before: precheck.before };
  const sent = await action.submit(ports, context);
  if (sent.kind !== 'accepted') throw new Error(`submit: ${JSON.stringify(sent)}`);
  const outcome = await followSet(ports, context);
  return { outcome, submits: 1, kept: [precheck, outcome] };
}

/** The context of a set whose precheck wants to go on. */
export async function plannedSet(ports: ActionPorts, context: ActionContext<never>): Promise<ActionContext<never>> {
  const precheck = await again(() => (dscSet as EffectAction).precheck(ports, context));
  if (precheck.kind !== 'proceed') throw new Error(`precheck: ${JSON.stringify(precheck)}`);
  return { ...context, before: precheck.before };
}

/** Follows a set that was sent to its end, and tidies up. */
export async function followSet(ports: ActionPorts, context: ActionContext<never>): Promise<Success | Failed> {
  const action = dscSet as EffectAction;
  const ended = await again(() => action.poll(ports, context, {}));
  if (ended.kind === 'failed') return ended;
  const outcome = await again(() => action.verify(ports, context, {}));
  if (outcome.kind !== 'succeeded' && outcome.kind !== 'failed') throw new Error(`verify: ${outcome.kind}`);
  await action.cleanup?.(ports, context);
  return outcome;
}

async function again<Outcome extends { readonly kind: string }>(look: () => Promise<Outcome>): Promise<Outcome> {
  for (;;) {
    const outcome = await look();
    if (outcome.kind !== 'unanswered' && outcome.kind !== 'running') return outcome;
  }
}
