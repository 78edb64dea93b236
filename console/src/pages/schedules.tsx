import type { Page, Schedule } from '../api.ts';
import { serverNowMs } from '../api.ts';
import { Problem } from '../parts/problem.tsx';
import { SlotResult } from '../parts/slot-result.tsx';
import { StatusMark } from '../parts/status-mark.tsx';
import { Table } from '../parts/table.tsx';
import { Time } from '../parts/time.tsx';
import { plainText } from '../plain-text.ts';
import { useNow, usePolled } from '../use-polled.ts';
import { scheduleWords } from '../words.ts';

/** Every schedule with its state, its next slot and what became of the last one. */
export function SchedulesPage() {
  const nowMs = useNow(serverNowMs);
  const { answer, problem } = usePolled<Page<Schedule>>('/schedules');
  return (
    <>
      <h1>Schedules</h1>
      <Problem problem={problem} />
      {answer !== undefined && answer.items.length === 0 && <p>No published runbook has a schedule.</p>}
      {answer !== undefined && answer.items.length > 0 && (
        <Table caption="Schedules" columns={['Schedule', 'State', 'Rule', 'Zone', 'Next slot', 'Last slot']}>
          {answer.items.map((schedule) => (
            <tr key={schedule.id}>
              <td>
                <a href={`/schedules/${encodeURIComponent(schedule.id)}`}>{schedule.id}</a>
              </td>
              <td>
                <StatusMark words={scheduleWords(schedule.state)} />
                {schedule.pause !== undefined && <small>{plainText(schedule.pause.reason)}</small>}
              </td>
              <td>
                {schedule.words} <code>{schedule.cron}</code>
              </td>
              <td>{schedule.timezone}</td>
              <td>
                {schedule.next === undefined ? (
                  'none'
                ) : (
                  <>
                    {schedule.next.local} · <Time at={schedule.next.startsAt} nowMs={nowMs} />
                  </>
                )}
              </td>
              <td>{schedule.last === undefined ? 'none yet' : <SlotResult slot={schedule.last} />}</td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}
