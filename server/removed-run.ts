import { RunwardError } from '../engine/errors.ts';
import { removedFacts } from '../engine/retention/removed-run.ts';
import { timeText } from '../engine/run/summary.ts';
import type { ServerContext } from './context.ts';
import type { Caller } from './identify.ts';
import { sees } from './identify.ts';

/** What to say of a run that is not there: that it was removed, when and by what, to whoever may know of it; else that there is none. */
export async function missingRun({ ports }: ServerContext, caller: Caller, reference: string): Promise<RunwardError> {
  const nothing = new RunwardError('NOT_FOUND_RUN', `no run ${reference}`);
  const found = await ports.store.findRemoved(reference);
  if (found === undefined) return nothing;
  const [entry] = await ports.store.readSystemAudit(found.entrySeq - 1, 1);
  const removed = removedFacts(entry, found.runId);
  if (removed === undefined || !sees(caller, removed)) return nothing;
  const { number, runbook, state, auditHead, auditSeq, entrySeq } = removed;
  const ended = timeText(removed.endedAtMs);
  const at = timeText(removed.removedAtMs);
  return new RunwardError(
    'NOT_FOUND_REMOVED_RUN',
    `run ${number}, readiness checks of ${runbook} that ended ${state} at ${ended}, was removed by retention at ${at}: newer checks tell what it told. ` +
      `Its audit chain ended with entry ${auditSeq}, digest ${auditHead}; entry ${entrySeq} of the chain of the installation tells of the removal`,
    { run: removed.runId, number, removedAt: at, auditHead, auditSeq, entry: entrySeq },
  );
}
