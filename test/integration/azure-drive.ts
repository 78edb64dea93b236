import { randomUUID } from 'node:crypto';
import { createAzure } from '../../adapters/azure/azure.ts';
import type { Action, ActionContext, ActionPorts, EffectAction, Handle, ReadOutcome, Success } from '../../engine/actions/action.ts';
import type { Azure } from '../../engine/azure-calls.ts';
import type { RunId, StepKey } from '../../engine/ids.ts';
import type { JsonObject } from '../../engine/json.ts';
import type { Target } from '../../engine/target.ts';
import { onlyDeclared } from '../support/declared-rights.ts';
import type { RunningSimulator } from '../support/simulator.ts';

const SCALE = 600;
const LOOKS_MAX = 500;

export const SIMULATOR_FLAGS = ['--scale', String(SCALE)];

/** The Azure port of a simulator, as a worker builds it. */
export function azureOf({ ready }: RunningSimulator, more: { readonly submitTimeoutMs?: number } = {}): Azure {
  const { endpoint, authorityHost, caFile, tenantId, clientId, clientSecret, subscriptionId } = ready;
  const cache = (region: string, group: string, account: string): string =>
    `${region}=/subscriptions/${subscriptionId}/resourceGroups/${group}/providers/Microsoft.Storage/storageAccounts/${account}`;
  return createAzure({
    armEndpoint: endpoint,
    authorityHost,
    caFile,
    replicationCache: [cache('westeurope', 'rg-shop-weu', 'stcachewe'), cache('northeurope', 'rg-shop-neu', 'stcachene')],
    restoreStaging: [cache('westeurope', 'rg-shop-weu', 'ststagingwe')],
    credential: { kind: 'client-secret', tenantId, clientId, clientSecret },
    version: '0.0.0-test',
    ...more,
  });
}

/** Requests to a simulator whose path, version or body Azure does not know. */
export async function unknownRequests(simulator: RunningSimulator): Promise<readonly unknown[]> {
  return ((await simulator.control('unmatched')) as { readonly requests: readonly unknown[] }).requests;
}

export function portsOf(azure: Azure): ActionPorts {
  const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now(), sleep: () => Promise.resolve() };
  return { azure, clock } as unknown as ActionPorts;
}

export function contextFor(action: Action, target: Target | undefined, input: object): ActionContext<never> {
  const requestId = randomUUID();
  return {
    runId: randomUUID() as RunId,
    stepKey: randomUUID() as StepKey,
    stepPath: 'step',
    attempt: 1,
    send: 1,
    requestId,
    requestIds: [requestId],
    target,
    input: (action.input as { parse: (value: unknown) => never }).parse(input),
    createdAtMs: Date.now(),
    timeScale: SCALE,
    before: undefined,
    signal: new AbortController().signal,
  };
}

/** Asks a read action until it is answered. */
export async function readOf(action: Action, given: ActionPorts, context: ActionContext<never>): Promise<ReadOutcome> {
  if (action.effect !== 'read') throw new Error(`${action.name} has effects`);
  const ports = onlyDeclared(action, given);
  return repeat(
    () => action.read(ports, context),
    (outcome) => outcome.kind !== 'unanswered',
  );
}

/** Takes an effect action from precheck to verified success, as the submit protocol does; throws when it ends otherwise. */
export async function drive(action: Action, given: ActionPorts, context: ActionContext<never>): Promise<Success> {
  if (action.effect === 'read') throw new Error(`${action.name} is a read`);
  const ports = onlyDeclared(action, given);
  const precheck = await repeat(
    () => action.precheck(ports, context),
    (outcome) => outcome.kind !== 'unanswered',
  );
  if (precheck.kind === 'succeeded') return precheck;
  if (precheck.kind === 'ours') return finish(action, ports, { context, handle: precheck.handle });
  if (precheck.kind !== 'proceed') throw new Error(`precheck: ${JSON.stringify(precheck)}`);
  const prepared = precheck.before === undefined ? context : { ...context, before: precheck.before };
  const sent = await action.submit(ports, prepared);
  if (sent.kind === 'completed') return finish(action, ports, { context: prepared, handle: {}, ended: true });
  if (sent.kind !== 'accepted') throw new Error(`submit: ${JSON.stringify(sent)}`);
  return finish(action, ports, { context: prepared, handle: sent.handle });
}

/** The same step one send later. */
export function nextSend(context: ActionContext<never>): ActionContext<never> {
  const requestId = randomUUID();
  return { ...context, send: context.send + 1, requestId, requestIds: [...context.requestIds, requestId] };
}

/** Follows accepted work to its end and reads the target; an action that needs a further request gets it. */
export async function finish(
  action: EffectAction,
  ports: ActionPorts,
  given: { readonly context: ActionContext<never>; readonly handle: Handle; readonly ended?: boolean },
): Promise<Success> {
  const { context, handle } = given;
  const ended =
    given.ended === true
      ? undefined
      : await repeat(
          () => action.poll(ports, context, handle),
          ({ kind }) => kind !== 'running' && kind !== 'unanswered',
        );
  if (ended?.kind === 'failed') throw new Error(ended.failure.message);
  const result: JsonObject | undefined = ended?.kind === 'ended_well' ? ended.result : undefined;
  const verified = await repeat(
    () => action.verify(ports, context, result),
    (outcome) => outcome.kind === 'succeeded' || outcome.kind === 'next',
  );
  if (verified.kind === 'next') {
    const before = verified.before ?? context.before;
    return drive(action, ports, nextSend(before === undefined ? context : { ...context, before }));
  }
  if (verified.kind !== 'succeeded') throw new Error('verify did not succeed');
  return verified;
}

async function repeat<Outcome extends { readonly kind: string }>(
  ask: () => Promise<Outcome>,
  isEnd: (outcome: Outcome) => boolean,
): Promise<Outcome> {
  let last: Outcome | undefined;
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    last = await ask();
    if (isEnd(last)) return last;
    const wait = (last as { readonly retryAfterMs?: number }).retryAfterMs ?? 0;
    await new Promise((resolve) => setTimeout(resolve, Math.min(wait, 200)));
  }
  throw new Error(`no end after ${LOOKS_MAX} looks: ${JSON.stringify(last)}`);
}
