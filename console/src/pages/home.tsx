import type { RunRow } from '../../../engine/run/summary.ts';
import type { Approval, Page } from '../api.ts';
import { serverNowMs } from '../api.ts';
import { Problem } from '../parts/problem.tsx';
import { RunTable } from '../parts/run-table.tsx';
import { Time } from '../parts/time.tsx';
import { plainText } from '../plain-text.ts';
import { useNow, usePolled } from '../use-polled.ts';
import { NEEDS_PERSON, UNDER_WAY } from '../words.ts';

const DAY_MS = 86_400_000;
const ENDED_BADLY = 'failed,partially_failed,timed_out,rejected';

/** What needs a person, worst first, and what runs now. */
export function HomePage() {
  const nowMs = useNow(serverNowMs);
  const parked = usePolled<Page<RunRow>>(`/runs?status=${NEEDS_PERSON.join(',')}`);
  const gates = usePolled<Page<Approval>>('/approvals');
  const failed = usePolled<Page<RunRow>>(`/runs?status=${ENDED_BADLY}&limit=20`);
  const active = usePolled<Page<RunRow>>(`/runs?status=${UNDER_WAY.join(',')}`);
  const parkedRuns = parked.answer?.items ?? [];
  const openGates = gates.answer?.items ?? [];
  const failedRuns = (failed.answer?.items ?? []).filter((run) => run.endedAt !== undefined && nowMs - Date.parse(run.endedAt) < DAY_MS);
  const activeRuns = active.answer?.items ?? [];
  const known = [parked, gates, failed, active].every(({ answer }) => answer !== undefined);
  const quiet = known && parkedRuns.length + openGates.length + failedRuns.length === 0;
  return (
    <>
      <h1>What needs a person</h1>
      <Problem problem={parked.problem ?? gates.problem ?? failed.problem ?? active.problem} />
      {quiet && <p>Nothing needs you.</p>}
      {parkedRuns.length > 0 && <RunTable runs={parkedRuns} nowMs={nowMs} caption="Stopped, and nobody but a person can go on" />}
      {openGates.length > 0 && <Gates gates={openGates} nowMs={nowMs} />}
      {failedRuns.length > 0 && <RunTable runs={failedRuns} nowMs={nowMs} caption="Ended badly since yesterday" />}
      {activeRuns.length > 0 && <RunTable runs={activeRuns} nowMs={nowMs} caption="Under way" />}
      <p>
        <a href="/runs">All runs</a> · <a href="/runbooks">Start from a runbook</a>
      </p>
    </>
  );
}

function Gates({ gates, nowMs }: { readonly gates: readonly Approval[]; readonly nowMs: number }) {
  return (
    <section>
      <h2>Gates that wait</h2>
      <ul class="cards">
        {gates.map((gate) => (
          <li key={gate.id}>
            <a href={`/runs/${gate.run.number}`}>
              Run {gate.run.number} · {plainText(gate.run.title)}
            </a>
            <p class="message">{plainText(gate.message)}</p>
            <p class="dim">
              {gate.asks === 'approval' ? 'asks for a decision' : 'asks for work by hand'} of {gate.by.join(', ')} · {gate.environment} ·{' '}
              {gate.severity}
              {gate.deadline !== undefined && (
                <>
                  {' '}
                  · ends <Time at={gate.deadline} nowMs={nowMs} />
                </>
              )}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
