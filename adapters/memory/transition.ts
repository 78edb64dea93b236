import { edgePairs } from '../../engine/edges.ts';
import { assert } from '../../engine/errors.ts';
import type { RunRecord, StepRecord } from '../../engine/run/record.ts';
import { hasEnded, RUN_EDGES } from '../../engine/run/run-state.ts';
import { STEP_EDGES } from '../../engine/run/step-state.ts';
import type { StepPatch, TransitionAnswer, TransitionRequest } from '../../engine/store.ts';
import { copy } from './copy.ts';
import type { RunCell } from './run-cell.ts';

const RUN_PAIRS = new Set(edgePairs(RUN_EDGES));
const STEP_PAIRS = new Set([...edgePairs(STEP_EDGES), 'new>pending', ...Object.values(STEP_EDGES.pending).map((to) => `new>${to}`)]);

/** One fenced change of a run: checks in the order of the contract, then everything is written. A rejection changes nothing. */
export function applyTransition(cell: RunCell, request: TransitionRequest, nowMs: number): TransitionAnswer {
  if (cell.last?.txId === request.txId) return cell.last.answer;
  const rejection = reject(cell, request, nowMs);
  if (rejection !== undefined) return rejection;

  for (const patch of request.steps) cell.steps.set(patch.record.path, stamped(copy(patch.record), patch.stamp, nowMs));
  cell.audit.push(...copy(request.audit));
  const eventSeq = cell.run.eventSeq + request.events.length;
  cell.events.push(...request.events.map((draft, index) => ({ ...copy(draft), seq: cell.run.eventSeq + 1 + index, atMs: nowMs })));
  cell.run = { ...changedFields(cell.run, request, nowMs), ...changedHeader(cell, request, nowMs), eventSeq };

  const { version, leaseUntilMs } = cell.run;
  const answer: TransitionAnswer = { kind: 'applied', version, nowMs, leaseUntilMs, eventSeq, inboxLength: cell.inbox.length };
  cell.last = { txId: request.txId, answer };
  return answer;
}

function reject(cell: RunCell, request: TransitionRequest, nowMs: number): TransitionAnswer | undefined {
  const { run } = cell;
  if (run.epoch !== request.fence.epoch || run.claim !== request.fence.claim) return { kind: 'stale' };
  if (request.writesIntent && run.leaseUntilMs <= nowMs) return { kind: 'late', detail: 'the lease has expired' };
  if (run.version !== request.version) return { kind: 'version', detail: `stored version is ${run.version}` };
  for (const patch of request.steps) {
    assert(patch.from === undefined || patch.record.rev > patch.fromRev, 'a step patch raises rev');
    if (!isCurrent(cell, patch)) return { kind: 'step', detail: patch.record.path };
  }
  const badEdge = findBadEdge(run, request);
  if (badEdge !== undefined) return { kind: 'edge', detail: badEdge };
  return holdsTogether(run, request) ? undefined : { kind: 'audit', detail: `stored head is ${run.auditHead}` };
}

function isCurrent(cell: RunCell, patch: StepPatch): boolean {
  const stored = cell.steps.get(patch.record.path);
  if (patch.from === undefined) return stored === undefined;
  return stored?.state === patch.from && stored.rev === patch.fromRev;
}

function findBadEdge(run: RunRecord, request: TransitionRequest): string | undefined {
  const { from, to } = request.state;
  const pair = `${from}>${to}`;
  if (run.state !== from || hasEnded(from) || (from !== to && !RUN_PAIRS.has(pair))) return `run ${pair}`;
  const bad = request.steps.find((patch) => !STEP_PAIRS.has(`${patch.from ?? 'new'}>${patch.record.state}`));
  return bad === undefined ? undefined : `${bad.record.path} ${bad.from ?? 'new'}>${bad.record.state}`;
}

function holdsTogether(run: RunRecord, request: TransitionRequest): boolean {
  if (run.auditHead !== request.auditHead) return false;
  let head = { seq: run.auditSeq, hash: run.auditHead };
  return request.audit.every((entry) => {
    const follows = entry.seq === head.seq + 1 && entry.prev === head.hash;
    head = entry;
    return follows;
  });
}

function changedFields(run: RunRecord, request: TransitionRequest, nowMs: number): RunRecord {
  const fields: Record<string, unknown> = { ...run };
  for (const [name, value] of Object.entries(request.fields)) {
    if (value === null) delete fields[name];
    else fields[name] = copy(value);
  }
  for (const name of request.stampFields) fields[name] = nowMs;
  return fields as unknown as RunRecord;
}

function changedHeader(cell: RunCell, request: TransitionRequest, nowMs: number): Partial<RunRecord> {
  const { run } = cell;
  const last = request.audit.at(-1);
  return {
    state: request.state.to,
    version: run.version + 1,
    leaseUntilMs: request.leaseFloorMs > 0 ? Math.max(run.leaseUntilMs, nowMs + request.leaseFloorMs) : run.leaseUntilMs,
    wakeAtMs: request.wakeAtMs,
    inboxPosition: Math.max(run.inboxPosition, request.inboxPosition),
    strikes: request.steps.length > 0 ? 0 : run.strikes,
    auditSeq: last?.seq ?? run.auditSeq,
    auditHead: last?.hash ?? run.auditHead,
  };
}

function stamped(record: StepRecord, names: readonly string[], nowMs: number): StepRecord {
  return { ...record, ...Object.fromEntries(names.map((name) => [name, nowMs])) };
}
