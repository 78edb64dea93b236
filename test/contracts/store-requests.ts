import { createHash, randomUUID } from 'node:crypto';
import { chainFacts, EMPTY_HEAD } from '../../engine/audit/chain.ts';
import type { AuditEntry } from '../../engine/audit/chain.ts';
import type { RunId, StepKey } from '../../engine/ids.ts';
import type { StepRecord } from '../../engine/run/record.ts';
import type { StepState } from '../../engine/run/step-state.ts';
import type { ClaimRequest, CreateRequest, Fence, SignedCommand, Store, StoredRun, TransitionRequest } from '../../engine/store.ts';

/** SHA-256 of text as 64 hex digits. */
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** 32 hex digits. */
export const newHex = (): string => randomUUID().replaceAll('-', '');

export const newRunId = (): RunId => randomUUID() as RunId;

/** A step record in the given state. */
export function makeStep(path: string, state: StepState = 'pending', rev = 1): StepRecord {
  const key = `key-of-${path}` as StepKey;
  return { path, stepId: path, node: 'leaf', key, state, rev, generation: 1, attempt: 0, send: 0, observations: [] };
}

/** The next entries of a run's audit chain. */
export function nextAudit(head: { readonly seq: number; readonly hash: string }, ...events: readonly string[]): readonly AuditEntry[] {
  return chainFacts(
    sha256,
    head,
    events.map((event) => ({ at: 1, actor: 'engine', event, data: {} })),
  );
}

/** A run with two pending steps `a` and `b`, asked for by `anna`. */
export function makeCreate(runId: RunId, changes: Partial<CreateRequest['fields']> = {}): CreateRequest {
  const [audit] = nextAudit({ seq: 0, hash: EMPTY_HEAD }, 'run created');
  if (audit === undefined) throw new Error('no entry');
  return {
    runId,
    schema: 1,
    fields: {
      runbook: 'shop-drill',
      title: 'Drill of the shop',
      purpose: 'drill',
      environment: 'test',
      planHash: 'plan-1',
      requester: { id: 'anna', name: 'Anna “the admin”', kind: 'local', groups: [] },
      trigger: 'manual',
      phase: 'main',
      clock: { waitedMs: 0 },
      ...changes,
    },
    plan: { text: '{"steps":["ä","b"]}', hash: 'plan-1', signature: { keyId: 'k', value: 'v' } },
    steps: [makeStep('b'), makeStep('a')],
    audit,
    event: { type: 'run.created', data: { list: [], empty: {}, text: '☁' } },
  };
}

/** A claim of ten minutes by worker `w1`. */
export function makeClaim(runId: RunId, changes: Partial<ClaimRequest> = {}): ClaimRequest {
  return { runId, worker: 'w1', claim: newHex(), leaseMs: 600_000, schemaMin: 1, schemaMax: 1, ...changes };
}

/** A transition that changes nothing but the version, on top of what is stored. */
export function makeTransition(stored: StoredRun, fence: Fence, changes: Partial<TransitionRequest> = {}): TransitionRequest {
  const { run } = stored;
  return {
    txId: newHex(),
    runId: run.runId,
    fence,
    version: run.version,
    state: { from: run.state, to: run.state },
    fields: {},
    stampFields: [],
    steps: [],
    audit: [],
    auditHead: run.auditHead,
    events: [],
    leaseFloorMs: 0,
    writesIntent: false,
    inboxPosition: run.inboxPosition,
    wakeAtMs: 0,
    ...changes,
  };
}

/** A signed cancel. */
export function makeCommand(id: string): SignedCommand {
  return { id, body: `{"kind":"cancel","reason":"${id} ✓"}`, signature: { keyId: 'k', value: 'v' } };
}

/** A created and claimed run. */
export async function makeClaimed(
  store: Store,
  changes: Partial<ClaimRequest> = {},
): Promise<{ readonly stored: StoredRun; readonly fence: Fence }> {
  const runId = newRunId();
  await store.create(makeCreate(runId));
  const answer = await store.claim(makeClaim(runId, changes));
  if (answer.kind !== 'claimed') throw new Error(`not claimed: ${answer.kind}`);
  return answer;
}

/** What is stored now; throws when there is no such run. */
export async function readBack(store: Store, runId: RunId): Promise<StoredRun> {
  const stored = await store.readRun(runId);
  if (stored === undefined) throw new Error(`no run ${runId}`);
  return stored;
}
