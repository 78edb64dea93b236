import { type AuditEntry, chainFacts, EMPTY_HEAD } from '../audit/chain.ts';
import { assert } from '../errors.ts';
import type { RunId } from '../ids.ts';
import { NEWER_CHECKS_MAX, NEXT_CHECKS_MAX, REMOVED_AT_ONCE, REMOVED_MAX, RETENTION_LOOKED_AT, RETENTION_MS } from '../limits.ts';
import type { Ports } from '../ports.ts';
import type { RunRecord } from '../run/record.ts';
import { hasEnded, RUN_WORDS, type RunState } from '../run/run-state.ts';
import type { StoredRun } from '../store.ts';
import type { Removal } from './removal-store.ts';
import { removalFact } from './removed-run.ts';
import { supersededBy } from './superseded.ts';

type RetentionPorts = Pick<Ports, 'store' | 'ids' | 'log'>;

const ENDED = (Object.keys(RUN_WORDS) as RunState[]).filter(hasEnded);
const TRIES_MAX = 50;

/**
 * Removes readiness checks that are older than `keepMs` and whose answers newer ones have replaced, a few about every minute, until the
 * signal aborts. Any number of processes may do this at the same time.
 */
export async function retainForever(
  ports: RetentionPorts & Pick<Ports, 'clock' | 'random'>,
  options: { readonly keepMs: number; readonly signal: AbortSignal },
): Promise<void> {
  let after = 0;
  while (!options.signal.aborted) {
    try {
      after = (await retainOnce(ports, { keepMs: options.keepMs, after })).after;
    } catch (error) {
      ports.log.warn('old readiness checks were not removed and will be looked at again', { reason: reasonOf(error) });
    }
    await ports.clock.sleep(RETENTION_MS * (0.8 + 0.4 * ports.random()), options.signal);
  }
}

/** Looks at the runs of checks behind number `after`, and tells where to go on; 0 begins anew. Throws STORE_UNAVAILABLE. */
export async function retainOnce(
  ports: RetentionPorts,
  at: { readonly keepMs: number; readonly after: number },
): Promise<{ readonly removed: number; readonly after: number }> {
  const { store } = ports;
  const nowMs = await store.nowMs();
  const looked = await store.endedChecks(at.after, RETENTION_LOOKED_AT);
  const locking = new Set((await store.listLocks()).map(({ runId }) => runId));
  const newest = new Map<string, readonly StoredRun[]>();
  const going: Going[] = [];
  let last = 0;
  // Numbers rise with the time of creation: behind the first run that is too young all are.
  const ripe = looked.filter(({ createdAtMs }) => createdAtMs + at.keepMs <= nowMs);
  for (const run of ripe) {
    if (going.length === REMOVED_MAX) break;
    last = run.number;
    if ((run.endedAtMs ?? nowMs) + at.keepMs > nowMs || run.referredAtMs !== undefined || locking.has(run.runId)) continue;
    const newer = newest.get(run.runbook) ?? (await newestChecks(ports, run.runbook));
    newest.set(run.runbook, newer);
    const next = ripe.filter(({ number, runbook }) => number > run.number && runbook === run.runbook).slice(0, NEXT_CHECKS_MAX);
    const telling = await tellingRuns(ports, run.runId, { newer, next });
    if (telling !== undefined)
      going.push({ run, removal: { runId: run.runId, version: run.version, auditHead: run.auditHead, newer: telling } });
  }
  let removed = 0;
  for (let from = 0; from < going.length; from += REMOVED_AT_ONCE)
    removed += await remove(ports, { going: going.slice(from, from + REMOVED_AT_ONCE), keepMs: at.keepMs });
  const isWhole = ripe.length < RETENTION_LOOKED_AT && last === (ripe.at(-1)?.number ?? 0);
  return { removed, after: isWhole ? 0 : last };
}

interface Going {
  readonly run: RunRecord;
  readonly removal: Removal;
}

/** Newer runs that tell what a run told: the newest ones, else with those right behind it. Undefined where only it can tell something. */
async function tellingRuns(
  { store }: RetentionPorts,
  runId: RunId,
  { newer, next }: { readonly newer: readonly StoredRun[]; readonly next: readonly RunRecord[] },
): Promise<readonly RunId[] | undefined> {
  const old = await store.readRun(runId);
  if (old === undefined) return undefined;
  const telling = supersededBy(old, newer);
  if (telling !== undefined || next.length === 0) return telling;
  const behind = await Promise.all(next.map((run) => store.readRun(run.runId)));
  return supersededBy(old, [...newer, ...behind.flatMap((one) => one ?? [])]);
}

/** The newest runs of a runbook's checks with their steps: an answer that is in none of them is found in an older one only. */
async function newestChecks({ store }: RetentionPorts, runbook: string): Promise<readonly StoredRun[]> {
  const runs = await store.listRuns({ limit: NEWER_CHECKS_MAX, purposes: ['readiness'], runbook, states: ENDED });
  const stored = await Promise.all(runs.map(({ runId }) => store.readRun(runId)));
  return stored.flatMap((one) => one ?? []);
}

/** Removes runs together with the line that says so; one that must stay is left out. Returns how many went. */
async function remove(ports: RetentionPorts, asked: { readonly going: readonly Going[]; readonly keepMs: number }): Promise<number> {
  const { store, log } = ports;
  const { keepMs } = asked;
  let { going } = asked;
  for (let tries = 0; tries < TRIES_MAX && going.length > 0; tries += 1) {
    const entry = await nextEntry(ports, { runs: going.map(({ run }) => run), keepMs });
    const answer = await store.removeRuns({ runs: going.map(({ removal }) => removal), keepMs, entry });
    switch (answer.kind) {
      case 'removed':
        log.info('readiness checks removed by retention', {
          count: going.length,
          numbers: going.map(({ run }) => run.number),
          entry: entry.seq,
        });
        return going.length;
      case 'kept':
        going = without(going, answer.runId);
        break;
      case 'behind':
        break;
    }
  }
  return 0;
}

async function nextEntry(
  { store, ids }: RetentionPorts,
  of: { readonly runs: readonly RunRecord[]; readonly keepMs: number },
): Promise<AuditEntry> {
  const head = (await store.systemAuditHead()) ?? { seq: 0, hash: EMPTY_HEAD };
  const [entry] = chainFacts(ids.sha256, head, [removalFact(of, await store.nowMs())]);
  assert(entry !== undefined, 'one fact makes one entry');
  return entry;
}

function without(going: readonly Going[], runId: RunId): readonly Going[] {
  return going.filter(({ run }) => run.runId !== runId);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
