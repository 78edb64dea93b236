import type { RunRow } from '../../../engine/run/summary.ts';
import type { Application, Approval, DriftRow, Page, RecoveryBoard, Schedule } from '../api.ts';
import { serverNowMs } from '../api.ts';
import { Problem } from '../parts/problem.tsx';
import { RunTable } from '../parts/run-table.tsx';
import { SlotResult } from '../parts/slot-result.tsx';
import { StatusMark } from '../parts/status-mark.tsx';
import { Table } from '../parts/table.tsx';
import { Time } from '../parts/time.tsx';
import { plainText } from '../plain-text.ts';
import { useNow, usePolled } from '../use-polled.ts';
import { DRIFT_WORDS, NEEDS_PERSON, proofWords, readyWords, scheduleWords, UNDER_WAY } from '../words.ts';
import { BOARD_EVERY_MS } from './recovery.tsx';

const DAY_MS = 86_400_000;
const SLOTS_SHOWN = 5;
const ENDED_BADLY = 'failed,partially_failed,timed_out,rejected';

/** What needs a person, worst first, and what runs now. */
export function HomePage() {
  const nowMs = useNow(serverNowMs);
  const parked = usePolled<Page<RunRow>>(`/runs?status=${NEEDS_PERSON.join(',')}`);
  const gates = usePolled<Page<Approval>>('/approvals');
  const failed = usePolled<Page<RunRow>>(`/runs?status=${ENDED_BADLY}&limit=20`);
  const active = usePolled<Page<RunRow>>(`/runs?status=${UNDER_WAY.join(',')}`);
  const schedules = usePolled<Page<Schedule>>('/schedules');
  const drift = usePolled<Page<DriftRow>>('/drift');
  const board = usePolled<RecoveryBoard>('/dr', BOARD_EVERY_MS);
  const stopped = (schedules.answer?.items ?? []).filter(needsSomebody);
  const upcoming = nextSlots(schedules.answer?.items ?? []);
  const drifted = (drift.answer?.items ?? []).filter(({ status }) => status === 'drifted' || status === 'unknown');
  const unproven = (board.answer?.items ?? []).filter(
    ({ ready, drills }) => ready === 'not_ready' || ready === 'at_risk' || drills.some(({ proof }) => proof !== 'proven'),
  );
  const parkedRuns = parked.answer?.items ?? [];
  const openGates = gates.answer?.items ?? [];
  const failedRuns = (failed.answer?.items ?? []).filter((run) => run.endedAt !== undefined && nowMs - Date.parse(run.endedAt) < DAY_MS);
  const activeRuns = active.answer?.items ?? [];
  const known = [parked, gates, failed, active, schedules, drift, board].every(({ answer }) => answer !== undefined);
  const quiet = known && parkedRuns.length + openGates.length + failedRuns.length + stopped.length + drifted.length + unproven.length === 0;
  return (
    <>
      <h1>What needs a person</h1>
      <Problem problem={parked.problem ?? gates.problem ?? failed.problem ?? active.problem} />
      {quiet && <p>Nothing needs you.</p>}
      {parkedRuns.length > 0 && <RunTable runs={parkedRuns} nowMs={nowMs} caption="Stopped, and nobody but a person can go on" />}
      {openGates.length > 0 && <Gates gates={openGates} nowMs={nowMs} />}
      {failedRuns.length > 0 && <RunTable runs={failedRuns} nowMs={nowMs} caption="Ended badly since yesterday" />}
      {unproven.length > 0 && <Unproven items={unproven} />}
      {drifted.length > 0 && <Drifted rows={drifted} />}
      {stopped.length > 0 && <Stopped schedules={stopped} />}
      {activeRuns.length > 0 && <RunTable runs={activeRuns} nowMs={nowMs} caption="Under way" />}
      {upcoming.length > 0 && <Upcoming schedules={upcoming} nowMs={nowMs} />}
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

function needsSomebody({ state, last }: Schedule): boolean {
  return state === 'paused' || state === 'parked' || last?.outcome === 'missed';
}

function nextSlots(schedules: readonly Schedule[]): readonly Schedule[] {
  return (
    schedules
      // Readiness checks come by themselves all day, and would hide the slots that change something.
      .filter(({ next, checks }) => next !== undefined && checks !== true)
      .toSorted((a, b) => Date.parse(a.next?.startsAt ?? '') - Date.parse(b.next?.startsAt ?? ''))
      .slice(0, SLOTS_SHOWN)
  );
}

function Unproven({ items }: { readonly items: readonly Application[] }) {
  return (
    <section>
      <h2>Recovery that is not proven, or not ready</h2>
      <ul class="cards">
        {items.map(({ app, ready, drills }) => (
          <li key={app}>
            <a href="/recovery">{plainText(app)}</a>
            {(ready === 'not_ready' || ready === 'at_risk') && (
              <p>
                <StatusMark words={readyWords(ready)} />
              </p>
            )}
            {drills
              .filter(({ proof }) => proof !== 'proven')
              .map(({ runbook, proof }) => (
                <p key={runbook}>
                  {runbook} <StatusMark words={proofWords(proof)} />
                </p>
              ))}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Drifted({ rows }: { readonly rows: readonly DriftRow[] }) {
  const counts = (['drifted', 'unknown'] as const).map((status) => ({ status, count: rows.filter((row) => row.status === status).length }));
  return (
    <section>
      <h2>Machines that differ from their document</h2>
      <ul class="cards">
        <li>
          <a href="/drift">{rows.length === 1 ? '1 machine' : `${rows.length} machines`}</a>
          {counts.map(
            ({ status, count }) =>
              count > 0 && (
                <p key={status}>
                  {count} <StatusMark words={DRIFT_WORDS[status]} />
                </p>
              ),
          )}
        </li>
      </ul>
    </section>
  );
}

function Stopped({ schedules }: { readonly schedules: readonly Schedule[] }) {
  return (
    <Table caption="Schedules that do not fire or missed a slot" columns={['Schedule', 'State', 'Why', 'Last slot']}>
      {schedules.map((schedule) => (
        <tr key={schedule.id}>
          <td>
            <a href={`/schedules/${encodeURIComponent(schedule.id)}`}>{schedule.id}</a>
          </td>
          <td>
            <StatusMark words={scheduleWords(schedule.state)} />
          </td>
          <td>{schedule.pause === undefined ? '-' : plainText(schedule.pause.reason)}</td>
          <td>{schedule.last === undefined ? 'none yet' : <SlotResult slot={schedule.last} />}</td>
        </tr>
      ))}
    </Table>
  );
}

function Upcoming({ schedules, nowMs }: { readonly schedules: readonly Schedule[]; readonly nowMs: number }) {
  return (
    <Table caption="Next slots" columns={['Schedule', 'Slot', 'Starts']}>
      {schedules.map(({ id, next }) => (
        <tr key={id}>
          <td>
            <a href={`/schedules/${encodeURIComponent(id)}`}>{id}</a>
          </td>
          <td>{next?.local}</td>
          <td>{next !== undefined && <Time at={next.startsAt} nowMs={nowMs} />}</td>
        </tr>
      ))}
    </Table>
  );
}
