import { useState } from 'preact/hooks';
import type { RunSummary } from '../../../engine/run/summary.ts';
import type { Schedule, Slots } from '../api.ts';
import { serverNowMs } from '../api.ts';
import { type Decision, DecisionDialog } from '../parts/decision-dialog.tsx';
import { Problem } from '../parts/problem.tsx';
import { SlotResult } from '../parts/slot-result.tsx';
import { StatusMark } from '../parts/status-mark.tsx';
import { Table } from '../parts/table.tsx';
import { Time } from '../parts/time.tsx';
import { plainText } from '../plain-text.ts';
import { go } from '../router.ts';
import { absoluteText } from '../time.ts';
import { useNow, usePolled } from '../use-polled.ts';
import { scheduleWords } from '../words.ts';

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const SLOTS = 5;

/** One schedule: its rule, its next slots in its zone and the reader's, and what became of past ones. */
export function SchedulePage({ id }: { readonly id: string }) {
  const nowMs = useNow(serverNowMs);
  const [round, setRound] = useState(0);
  const [decision, setDecision] = useState<Decision>();
  const at = `/schedules/${encodeURIComponent(id)}`;
  const { answer: schedule, problem } = usePolled<Schedule>(`${at}?${round}`);
  const { answer: slots } = usePolled<Slots>(`${at}/slots?count=${SLOTS}&zone=${encodeURIComponent(ZONE)}`);
  if (schedule === undefined) {
    return (
      <>
        <h1>Schedule {id}</h1>
        <Problem problem={problem} />
      </>
    );
  }
  return (
    <>
      <h1>Schedule {schedule.id}</h1>
      <p class="verdict">
        <StatusMark words={scheduleWords(schedule.state)} />
      </p>
      {schedule.pause !== undefined && (
        <p>
          {plainText(schedule.pause.reason)} · {plainText(schedule.pause.by)}, <Time at={schedule.pause.at} nowMs={nowMs} />
          {schedule.pause.until !== undefined && ` · until ${absoluteText(schedule.pause.until)}`}
        </p>
      )}
      <p class="dim">
        {schedule.words} <code>{schedule.cron}</code> in {schedule.timezone} · runs{' '}
        <a href={`/runbooks/${encodeURIComponent(schedule.runbook)}`}>{schedule.runbook}</a> · {schedule.environment} · overlap:{' '}
        {schedule.overlap}
        {schedule.failures > 0 && ` · ${schedule.failures} failed since the last good run`}
      </p>
      <p class="buttons">
        {decisionsFor(schedule).map((one) => (
          <button key={one.button} type="button" class={one.tone ?? ''} onClick={() => setDecision(one)}>
            {one.button}
          </button>
        ))}
      </p>
      {slots !== undefined && <NextSlots slots={slots} />}
      {slots !== undefined && <PastSlots slots={slots} />}
      {decision !== undefined && (
        <DecisionDialog
          decision={decision}
          onClose={() => setDecision(undefined)}
          onSent={(answer) => {
            setDecision(undefined);
            setRound(round + 1);
            if ((answer as RunSummary).kind === 'Run') go(`/runs/${(answer as RunSummary).number}`);
          }}
        />
      )}
    </>
  );
}

function NextSlots({ slots }: { readonly slots: Slots }) {
  return (
    <Table caption="Next slots" columns={[slots.timezone, `yours (${ZONE})`, 'Note']}>
      {slots.next.map((slot) => (
        <tr key={slot.local}>
          <td>{slot.local}</td>
          <td>{slot.yours ?? '-'}</td>
          <td>{slot.note ?? '-'}</td>
        </tr>
      ))}
    </Table>
  );
}

function PastSlots({ slots }: { readonly slots: Slots }) {
  if (slots.past.length === 0) return <p>No slot has come yet.</p>;
  return (
    <Table caption="Past slots, newest first" columns={['Slot', 'What became of it']}>
      {slots.past.map((slot) => (
        <tr key={slot.slot}>
          <td>{absoluteText(slot.slot)}</td>
          <td>
            <SlotResult slot={slot} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

function decisionsFor(schedule: Schedule): readonly Decision[] {
  const at = `/schedules/${encodeURIComponent(schedule.id)}`;
  const trigger: Decision = {
    title: `Start ${schedule.runbook} now`,
    path: `${at}/trigger`,
    body: {},
    button: 'Start a run now',
    reason: 'optional',
    consequence: <p>A run starts with the inputs of this schedule. No slot is used up by it.</p>,
  };
  const pause: Decision = {
    title: `Pause ${schedule.id}`,
    path: `${at}/pause`,
    body: {},
    button: 'Pause',
    tone: 'danger',
    reason: 'required',
    consequence: <p>Slots that come are skipped and kept with this reason, until somebody resumes the schedule.</p>,
  };
  const resume: Decision = {
    title: `Resume ${schedule.id}`,
    path: `${at}/resume`,
    body: {},
    button: 'Resume',
    reason: 'optional',
    consequence: <p>The next slot fires again.</p>,
  };
  // A schedule of readiness checks never runs the steps of its runbook.
  const start = schedule.checks === true ? [] : [trigger];
  switch (schedule.state) {
    case 'active':
      return [...start, pause];
    case 'paused':
    case 'parked':
      return [...start, resume];
    case 'disabled':
    case 'ended':
      return start;
  }
}
