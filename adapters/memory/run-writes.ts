import { assert } from '../../engine/errors.ts';
import { hasEnded } from '../../engine/run/run-state.ts';
import type {
  ClaimAnswer,
  ClaimRequest,
  CommandAnswer,
  CreateAnswer,
  CreateRequest,
  Durability,
  Fence,
  SignedCommand,
  Store,
} from '../../engine/store.ts';
import { copy } from './copy.ts';
import type { RunCell, RunCells } from './run-cell.ts';
import { hasUnread, indexRun, storedRun } from './run-cell.ts';
import { applyTransition } from './transition.ts';

/** The calls that change runs. `busy` refuses new runs while it answers true. */
export function makeRunWrites(
  cells: RunCells,
  options: { readonly tier: Durability['tier']; readonly busy: () => boolean },
): Pick<Store, 'create' | 'claim' | 'renew' | 'transition' | 'release' | 'command' | 'nudge'> {
  const { nowMs } = cells;
  return {
    async create(request) {
      if (options.busy()) return { kind: 'busy' };
      const now = nowMs();
      const stored = cells.runs.get(request.runId);
      if (stored !== undefined) return createdBefore(stored, request, now);
      cells.created += 1;
      const cell = newCell(request, { number: cells.created, nowMs: now, tier: options.tier });
      cells.runs.set(request.runId, cell);
      indexRun(cells, cell);
      return { kind: 'created', number: cell.run.number, nowMs: now };
    },
    async claim(request) {
      const cell = cells.runs.get(request.runId);
      if (cell === undefined) return { kind: 'absent' };
      const answer = claimCell(cell, request, nowMs());
      indexRun(cells, cell);
      return copy(answer);
    },
    async renew(runId, fence, leaseMs) {
      const cell = cells.runs.get(runId);
      if (cell === undefined || !isHolder(cell, fence)) return { kind: 'stale' };
      const now = nowMs();
      cell.run = { ...cell.run, leaseUntilMs: Math.max(cell.run.leaseUntilMs, now + leaseMs) };
      indexRun(cells, cell);
      return { kind: 'renewed', leaseUntilMs: cell.run.leaseUntilMs, nowMs: now, inboxLength: cell.inbox.length };
    },
    async transition(request) {
      const cell = cells.runs.get(request.runId);
      if (cell === undefined) return { kind: 'stale' };
      const answer = applyTransition(cell, request, nowMs());
      indexRun(cells, cell);
      cells.watch.moved(request.runId, cell.run.eventSeq);
      return copy(answer);
    },
    async release(runId, fence, wakeAtMs) {
      const cell = cells.runs.get(runId);
      if (cell === undefined || !isHolder(cell, fence)) return { kind: 'stale' };
      const now = nowMs();
      const isNudged = (cell.run.nudges ?? 0) > (cell.nudgesSeen ?? 0);
      cell.run = { ...cell.run, leaseUntilMs: 0, wakeAtMs: isNudged ? now : wakeAtMs, strikes: 0 };
      indexRun(cells, cell);
      return { kind: 'released', nowMs: now };
    },
    async command(runId, command) {
      const cell = cells.runs.get(runId);
      if (cell === undefined) return { kind: 'absent' };
      const answer = putCommand(cell, command, nowMs());
      indexRun(cells, cell);
      return answer;
    },
    async nudge(runId) {
      const cell = cells.runs.get(runId);
      if (cell === undefined || hasEnded(cell.run.state)) return;
      cell.run = { ...cell.run, nudges: (cell.run.nudges ?? 0) + 1, wakeAtMs: nowMs() };
      indexRun(cells, cell);
    },
  };
}

function createdBefore(cell: RunCell, request: CreateRequest, nowMs: number): CreateAnswer {
  const same = cell.run.planHash === request.fields.planHash && cell.run.requester.id === request.fields.requester.id;
  return same ? { kind: 'exists', number: cell.run.number, nowMs } : { kind: 'conflict' };
}

function newCell(
  request: CreateRequest,
  given: { readonly number: number; readonly nowMs: number; readonly tier: Durability['tier'] },
): RunCell {
  const { number, nowMs, tier } = given;
  assert(request.audit.seq === 1, 'the first audit entry of a run has number 1');
  const { runId, schema, fields, audit } = copy(request);
  const head = { auditSeq: audit.seq, auditHead: audit.hash, eventSeq: 1, inboxPosition: 0, strikes: 0 };
  const free = { epoch: '0', claim: '', worker: '', leaseUntilMs: 0, wakeAtMs: nowMs };
  return {
    run: { ...fields, number, createdAtMs: nowMs, tier, runId, schema, state: 'queued', version: 1, ...free, ...head },
    plan: copy(request.plan),
    steps: new Map(copy(request.steps).map((step) => [step.path, step])),
    inbox: [],
    audit: [audit],
    events: [{ ...copy(request.event), seq: 1, atMs: nowMs }],
  };
}

function claimCell(cell: RunCell, request: ClaimRequest, nowMs: number): ClaimAnswer {
  const { run } = cell;
  if (hasEnded(run.state)) return { kind: 'ended' };
  if (run.schema < request.schemaMin || run.schema > request.schemaMax) return { kind: 'unsupported' };
  if (run.leaseUntilMs > nowMs && run.claim !== request.claim) return { kind: 'held', untilMs: run.leaseUntilMs };
  if (run.wakeAtMs > nowMs && !hasUnread(cell)) return { kind: 'early', untilMs: run.wakeAtMs };

  const next = BigInt(run.epoch) + 1n;
  const micros = BigInt(Math.floor(nowMs * 1000));
  const fence: Fence = { epoch: String(next > micros ? next : micros), claim: request.claim };
  cell.run = { ...run, ...fence, worker: request.worker, leaseUntilMs: nowMs + request.leaseMs, strikes: run.strikes + 1 };
  cell.nudgesSeen = run.nudges ?? 0;
  return { kind: 'claimed', fence, stored: storedRun(cell, nowMs), nowMs };
}

function putCommand(cell: RunCell, command: SignedCommand, nowMs: number): CommandAnswer {
  if (hasEnded(cell.run.state)) return { kind: 'ended' };
  const seen = cell.inbox.find((entry) => entry.id === command.id);
  if (seen !== undefined) return { kind: 'exists', position: seen.position };
  const position = cell.inbox.length + 1;
  cell.inbox.push({ ...copy(command), position, atMs: nowMs });
  return { kind: 'accepted', position };
}

function isHolder(cell: RunCell, fence: Fence): boolean {
  return cell.run.epoch === fence.epoch && cell.run.claim === fence.claim;
}
