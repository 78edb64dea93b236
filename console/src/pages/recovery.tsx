import type { Application, MeasuredObjective, RecoveryBoard } from '../api.ts';
import { serverNowMs } from '../api.ts';
import { PlanReadinessPart } from '../parts/plan-readiness.tsx';
import { Problem } from '../parts/problem.tsx';
import { StatusMark } from '../parts/status-mark.tsx';
import { Table } from '../parts/table.tsx';
import { Time } from '../parts/time.tsx';
import { plainText } from '../plain-text.ts';
import { clockText, measuredText } from '../time.ts';
import { useNow, usePolled } from '../use-polled.ts';
import { checkWords, proofWords, readyWords } from '../words.ts';

/** How often the board is read: its facts change with drills and periods of checks, and finding them looks back over all runs. */
export const BOARD_EVERY_MS = 60_000;

const COLUMNS = ['Application', 'Drill', 'Proof', 'Last drill', 'Next is due', 'Recovery time', 'Recovery point', 'Ready'];

/** The recovery board: what drills prove for each application, and what its readiness checks say. */
export function RecoveryPage() {
  const nowMs = useNow(serverNowMs);
  const { answer, problem } = usePolled<RecoveryBoard>('/dr?coverage=true', BOARD_EVERY_MS);
  const items = answer?.items ?? [];
  return (
    <>
      <h1>Recovery</h1>
      <Problem problem={problem} />
      {answer !== undefined && items.length === 0 && <p>No published runbook is for a drill, a failover or a failback.</p>}
      {items.length > 0 && (
        <Table caption="Applications and their drills" columns={COLUMNS}>
          {items.flatMap((item) => drillRows(item, nowMs))}
        </Table>
      )}
      {answer?.uncovered !== undefined && <Uncovered uncovered={answer.uncovered} />}
      {items.flatMap(({ recoveryPlans }) => recoveryPlans.map((plan) => <PlanReadinessPart key={plan.plan} of={plan} nowMs={nowMs} />))}
      {items.map((item) => (
        <Checks key={item.app} item={item} nowMs={nowMs} />
      ))}
      {items.length > 0 && <p class="dim">Readiness never says that a recovery will work: a drill that succeeded does.</p>}
    </>
  );
}

function Uncovered({ uncovered: { machines, unread } }: { readonly uncovered: NonNullable<RecoveryBoard['uncovered']> }) {
  const count = machines.length === 1 ? '1 machine replicates' : `${machines.length} machines replicate`;
  return (
    <>
      {machines.length > 0 && (
        <p>
          {count}, and no drill covers {machines.length === 1 ? 'it' : 'them'}:{' '}
          {plainText(machines.map(({ machine }) => machine).join(', '))}.
        </p>
      )}
      {unread.map((what) => (
        <p key={what}>It is not known which machines no drill covers: {plainText(what)}</p>
      ))}
    </>
  );
}

function drillRows(item: Application, nowMs: number) {
  const { app, drills, runbooks } = item;
  if (drills.length === 0)
    return [
      <tr key={app}>
        <td>{plainText(app)}</td>
        <td>no runbook for a drill</td>
        <td>
          <StatusMark words={proofWords('never')} />
        </td>
        <td>-</td>
        <td>-</td>
        <td>not measured</td>
        <td>not measured</td>
        <td>
          <Ready of={item} nowMs={nowMs} />
        </td>
      </tr>,
    ];
  return drills.map((drill) => (
    <tr key={`${app} ${drill.runbook}`}>
      <td>{plainText(app)}</td>
      <td>
        <a href={`/runbooks/${encodeURIComponent(drill.runbook)}`}>{drill.runbook}</a>
      </td>
      <td>
        <StatusMark words={proofWords(drill.proof)} />
        {drill.changes.length > 0 && <small>{plainText(drill.changes.join('; '))}</small>}
      </td>
      <td>
        {drill.last === undefined ? (
          '-'
        ) : (
          <a href={`/runs/${drill.last.run}`}>
            <Time at={drill.last.endedAt} nowMs={nowMs} />
          </a>
        )}
      </td>
      <td>{drill.dueAt === undefined ? '-' : <Time at={drill.dueAt} nowMs={nowMs} />}</td>
      <td>{objectiveText(drill.rto)}</td>
      <td>{objectiveText(drill.rpo)}</td>
      <td>
        <Ready of={runbooks.find(({ name }) => name === drill.runbook) ?? item} nowMs={nowMs} />
      </td>
    </tr>
  ));
}

function Ready({ of, nowMs }: { readonly of: Pick<Application, 'ready' | 'at'>; readonly nowMs: number }) {
  if (of.ready === undefined) return <>no checks</>;
  return (
    <>
      <StatusMark words={readyWords(of.ready)} /> {of.at !== undefined && <Time at={of.at} nowMs={nowMs} />}
    </>
  );
}

function Checks({ item: { app, runbooks }, nowMs }: { readonly item: Application; readonly nowMs: number }) {
  const rows = runbooks.flatMap((runbook) => runbook.checks.map((check) => ({ runbook: runbook.name, ...check })));
  if (rows.length === 0) return null;
  return (
    <Table caption={`Readiness checks of ${app}`} columns={['Runbook', 'Check', 'State', 'Made', 'Why']}>
      {rows.map((row) => (
        <tr key={`${row.runbook} ${row.check}`}>
          <td>
            <a href={`/runbooks/${encodeURIComponent(row.runbook)}`}>{row.runbook}</a>
          </td>
          <td>{plainText(row.name)}</td>
          <td>
            <StatusMark words={checkWords(row.state)} />
          </td>
          <td>{row.at === undefined ? 'not yet' : <Made at={row.at} run={row.run} nowMs={nowMs} />}</td>
          <td>{row.message === undefined ? '-' : plainText(row.message)}</td>
        </tr>
      ))}
    </Table>
  );
}

function Made({ at, run, nowMs }: { readonly at: string; readonly run: number | undefined; readonly nowMs: number }) {
  const time = <Time at={at} nowMs={nowMs} />;
  return run === undefined ? time : <a href={`/runs/${run}`}>{time}</a>;
}

function objectiveText({ measuredMs, targetMs, verdict }: MeasuredObjective): string {
  if (measuredMs === undefined) return 'not measured';
  const measured = measuredText(measuredMs);
  return targetMs === undefined ? measured : `${measured} of ${clockText(targetMs)}, ${verdict.replace('_', ' ')}`;
}
