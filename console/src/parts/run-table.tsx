import type { RunRow } from '../../../engine/run/summary.ts';
import { plainText } from '../plain-text.ts';
import { clockText } from '../time.ts';
import { runWords } from '../words.ts';
import { StatusMark } from './status-mark.tsx';
import { Time } from './time.tsx';

/** Runs as a table; the number leads to the run. */
export function RunTable({ runs, nowMs, caption }: { readonly runs: readonly RunRow[]; readonly nowMs: number; readonly caption: string }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keys
    <div class="wide" role="region" aria-label={caption} tabIndex={0}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">Runbook</th>
            <th scope="col">Purpose</th>
            <th scope="col">Status</th>
            <th scope="col">Person</th>
            <th scope="col">Began</th>
            <th scope="col" class="n">
              Took
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id}>
              <td>
                <a href={`/runs/${run.number}`}>{run.number}</a>
              </td>
              <td>{plainText(run.title)}</td>
              <td>
                {run.purpose} · {run.environment}
                {run.simulatedScale !== undefined && ' · simulated'}
              </td>
              <td>
                <StatusMark words={runWords(run.status)} />
              </td>
              <td>{plainText(run.requester.name)}</td>
              <td>
                <Time at={run.createdAt} nowMs={nowMs} />
              </td>
              <td class="n">{tookText(run, nowMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function tookText(run: RunRow, nowMs: number): string {
  if (run.startedAt === undefined) return '-';
  return clockText((run.endedAt === undefined ? nowMs : Date.parse(run.endedAt)) - Date.parse(run.startedAt));
}
