import { assert } from '../../engine/errors.ts';
import { hasEnded } from '../../engine/run/run-state.ts';
import type { StepState } from '../../engine/run/step-state.ts';
import type {
  ClaimAnswer,
  ClaimRequest,
  CommandAnswer,
  CreateAnswer,
  CreateRequest,
  Store,
  TransitionAnswer,
  TransitionRequest,
} from '../../engine/store.ts';
import { runKeys, STORE_KEYS } from './keys.ts';
import { pairs, parseStored, stepText } from './record-text.ts';
import type { StreamEntry } from './record-text.ts';
import { CLAIM, COMMAND, CREATE, NUDGE, RELEASE, RENEW, TRANSITION } from './run-scripts.ts';
import type { ScriptCall } from './script.ts';
import type { Server } from './server.ts';

/** States of a step that promise nothing: after a loss they are reached again. */
const PASSING: ReadonlySet<StepState> = new Set(['pending', 'ready']);

/** The calls that change runs: one script each. */
export function makeRunWrites(server: Server): Pick<Store, 'create' | 'claim' | 'renew' | 'transition' | 'release' | 'command' | 'nudge'> {
  return {
    async create(request) {
      if (await server.isFull()) return { kind: 'busy' };
      return createAnswer(await server.callDurably(createCall(request, server.tier())));
    },
    claim: async (request) => claimAnswer(request, await server.call(claimCall(request))),
    async renew(runId, fence, leaseMs) {
      const keys = [runKeys(runId).run, STORE_KEYS.due];
      const [kind, untilMs, nowMs, length] = await server.call({
        script: RENEW,
        keys,
        args: [runId, fence.epoch, fence.claim, String(leaseMs)],
      });
      if (kind === 'stale') return { kind };
      return { kind: 'renewed', leaseUntilMs: Number(untilMs), nowMs: Number(nowMs), inboxLength: Number(length) };
    },
    async transition(request) {
      const call = transitionCall(request);
      return transitionAnswer(mustLast(request) ? await server.callDurably(call) : await server.call(call));
    },
    async release(runId, fence, wakeAtMs) {
      const keys = [runKeys(runId).run, STORE_KEYS.due];
      const [kind, nowMs] = await server.call({ script: RELEASE, keys, args: [runId, fence.epoch, fence.claim, String(wakeAtMs)] });
      return kind === 'stale' ? { kind } : { kind: 'released', nowMs: Number(nowMs) };
    },
    async nudge(runId) {
      await server.call({ script: NUDGE, keys: [runKeys(runId).run, STORE_KEYS.due], args: [runId] });
    },
    async command(runId, { id, body, signature }) {
      const { run, inbox, words } = runKeys(runId);
      const args = [runId, id, body, signature.keyId, signature.value];
      const [kind, position] = await server.callDurably({ script: COMMAND, keys: [run, inbox, words, STORE_KEYS.due], args });
      return position === undefined ? ({ kind } as CommandAnswer) : ({ kind, position: Number(position) } as CommandAnswer);
    },
  };
}

function createCall(request: CreateRequest, tier: string): ScriptCall {
  const { runId, schema, fields, plan, steps, audit, event } = request;
  assert(audit.seq === 1, 'the first audit entry of a run has number 1');
  const { run, plan: planKey, steps: stepsKey, audit: auditKey, events } = runKeys(runId);
  const none = { names: [], mark: '' };
  const texts = [plan, audit, event].map((value) => JSON.stringify(value));
  const alike = fields.purpose === 'readiness' ? STORE_KEYS.checkRuns : STORE_KEYS.otherRuns;
  const head = [runId, String(schema), fields.planHash, fields.requester.id, audit.hash, ...texts];
  return {
    script: CREATE,
    keys: [run, planKey, stepsKey, auditKey, events, STORE_KEYS.due, STORE_KEYS.runs, STORE_KEYS.ids, STORE_KEYS.number, alike],
    args: [
      ...head,
      ...counted(present({ ...fields, tier }).map(([name, value]) => [name, JSON.stringify(value)])),
      ...counted(steps.map((step) => [step.path, stepText(step, none)])),
    ],
  };
}

function createAnswer([kind, number, nowMs]: readonly unknown[]): CreateAnswer {
  if (kind === 'conflict') return { kind };
  return { kind: kind as 'created' | 'exists', number: Number(number), nowMs: Number(nowMs) };
}

function claimCall(request: ClaimRequest): ScriptCall {
  const { runId, worker, claim, leaseMs, schemaMin, schemaMax } = request;
  const { run, steps, inbox } = runKeys(runId);
  const args = [runId, worker, claim, String(leaseMs), String(schemaMin), String(schemaMax)];
  return { script: CLAIM, keys: [run, steps, inbox, STORE_KEYS.due], args };
}

function claimAnswer(request: ClaimRequest, reply: readonly unknown[]): ClaimAnswer {
  const kind = reply[0] as ClaimAnswer['kind'];
  switch (kind) {
    case 'absent':
    case 'ended':
    case 'unsupported':
      return { kind };
    case 'held':
    case 'early':
      return { kind, untilMs: Number(reply[1]) };
    case 'claimed': {
      const [, now, epoch, run, steps, inbox] = reply as [string, string, string, string[], string[], StreamEntry[]];
      const nowMs = Number(now);
      return { kind, fence: { epoch, claim: request.claim }, stored: parseStored({ run: pairs(run), steps, inbox, nowMs }), nowMs };
    }
  }
}

function transitionCall(request: TransitionRequest): ScriptCall {
  const { txId, runId, fence, state } = request;
  assert(/^[0-9a-f]{32}$/.test(txId), 'txId is 32 hex digits');
  const { run, steps, audit, events } = runKeys(runId);
  const mark = `@${txId}`;
  const fences = [txId, runId, fence.epoch, fence.claim, String(request.version), request.writesIntent ? '1' : '0'];
  const moves = [state.from, state.to, request.auditHead, ...[request.leaseFloorMs, request.inboxPosition, request.wakeAtMs].map(String)];
  return {
    script: TRANSITION,
    keys: [run, steps, audit, events, STORE_KEYS.due],
    args: [
      ...fences,
      ...moves,
      ...counted(changedFields(request, mark)),
      ...counted(removedFields(request).map((name) => [name])),
      ...counted(request.steps.map((patch) => stepArgs(patch, mark))),
      ...counted(request.audit.map((entry) => [String(entry.seq), entry.prev, entry.hash, JSON.stringify(entry)])),
      ...counted(request.events.map((draft) => [JSON.stringify(draft)])),
    ],
  };
}

/** Intents, acceptances and ends decide what may be sent later, so they must survive a crash; a lost poll is only polled again. */
function mustLast({ writesIntent, state, steps }: TransitionRequest): boolean {
  const ends = state.from !== state.to && (hasEnded(state.to) || state.to === 'unknown');
  return writesIntent || ends || steps.some(({ from, record }) => !PASSING.has(record.state) && from !== record.state);
}

function changedFields(request: TransitionRequest, mark: string): readonly (readonly string[])[] {
  const stamps = Object.fromEntries(request.stampFields.map((name) => [name, mark]));
  return present({ ...request.fields, ...stamps })
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [name, JSON.stringify(value)]);
}

function removedFields(request: TransitionRequest): readonly string[] {
  const stamps: readonly string[] = request.stampFields;
  return Object.entries(request.fields).flatMap(([name, value]) => (value === null && !stamps.includes(name) ? [name] : []));
}

function stepArgs(patch: TransitionRequest['steps'][number], mark: string): readonly string[] {
  const { from, fromRev, record, stamp } = patch;
  assert(from === undefined || record.rev > fromRev, 'a step patch raises rev');
  return [record.path, from ?? 'new', String(fromRev), record.state, stepText(record, { names: stamp, mark })];
}

function transitionAnswer([kind, detail]: readonly unknown[]): TransitionAnswer {
  if (kind === 'stale') return { kind };
  if (kind !== 'applied') return { kind, detail } as TransitionAnswer;
  const [version = 0, nowMs = 0, leaseUntilMs = 0, eventSeq = 0, inboxLength = 0] = String(detail).split(' ').map(Number);
  return { kind, version, nowMs, leaseUntilMs, eventSeq, inboxLength };
}

function counted(rows: readonly (readonly string[])[]): readonly string[] {
  return [String(rows.length), ...rows.flat()];
}

function present(fields: object): readonly (readonly [string, unknown])[] {
  return Object.entries(fields).filter(([, value]) => value !== undefined);
}
