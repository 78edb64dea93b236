import type { DriftTarget } from '../api.ts';
import { serverNowMs } from '../api.ts';
import { DifferenceTable } from '../parts/difference-table.tsx';
import { Problem } from '../parts/problem.tsx';
import { StatusMark } from '../parts/status-mark.tsx';
import { Table } from '../parts/table.tsx';
import { Time } from '../parts/time.tsx';
import { plainText } from '../plain-text.ts';
import { absoluteText } from '../time.ts';
import { useNow, usePolled } from '../use-polled.ts';
import { documentText, DRIFT_WORDS } from '../words.ts';

/** One machine against one document: its differences, what was settled, and its checks. */
export function DriftTargetPage({ id }: { readonly id: string }) {
  const nowMs = useNow(serverNowMs);
  const { answer: target, problem } = usePolled<DriftTarget>(`/drift/targets/${encodeURIComponent(id)}`);
  if (target === undefined) {
    return (
      <>
        <h1>Machine</h1>
        <Problem problem={problem} />
      </>
    );
  }
  const open = target.differences.length + target.unobserved.length;
  return (
    <>
      <h1>{plainText(target.target)}</h1>
      <p class="verdict">
        <StatusMark words={DRIFT_WORDS[target.status]} /> {target.message !== undefined && plainText(target.message)}
      </p>
      <p class="dim">
        against {plainText(documentText(target))} · {target.environment} · so since <Time at={target.since} nowMs={nowMs} /> · checked{' '}
        <Time at={target.checkedAt} nowMs={nowMs} /> by <a href={`/runs/${target.run}`}>a run of {target.runbook}</a>
        {target.evidence !== undefined && (
          <>
            {' '}
            · evidence <code title={target.evidence}>{target.evidence.slice(0, 12)}</code>
          </>
        )}
      </p>
      {open > 0 && <DifferenceTable targets={[target]} nowMs={nowMs} caption="Differences" />}
      {target.resolved.length > 0 && (
        <Table caption="Settled" columns={['Resource', 'Property', 'Class', 'Settled at']}>
          {target.resolved.map((one) => (
            <tr key={`${one.resource} ${one.path} ${one.at}`}>
              <td>{plainText(one.resource)}</td>
              <td>
                <code>{plainText(one.path)}</code>
              </td>
              <td>{one.class}</td>
              <td>{absoluteText(one.at)}</td>
            </tr>
          ))}
        </Table>
      )}
      <Table caption="Checks, newest first" columns={['Checked', 'State', 'Differs #', 'Not observed #', 'Run']}>
        {target.checks.map((check) => (
          <tr key={`${check.run} ${check.at}`}>
            <td>{absoluteText(check.at)}</td>
            <td>
              <StatusMark words={DRIFT_WORDS[check.status]} />
              {check.message !== undefined && <small>{plainText(check.message)}</small>}
            </td>
            <td class="n">{check.drifted}</td>
            <td class="n">{check.unknown}</td>
            <td>
              <a href={`/runs/${check.run}`}>{check.runbook}</a>
            </td>
          </tr>
        ))}
      </Table>
    </>
  );
}
