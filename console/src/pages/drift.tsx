import { useEffect, useState } from 'preact/hooks';
import type { DriftRow, DriftTarget, Page } from '../api.ts';
import { get, serverNowMs } from '../api.ts';
import { DifferenceTable } from '../parts/difference-table.tsx';
import { Problem } from '../parts/problem.tsx';
import { StatusMark } from '../parts/status-mark.tsx';
import { Table } from '../parts/table.tsx';
import { Time } from '../parts/time.tsx';
import { plainText } from '../plain-text.ts';
import { useNow, usePolled } from '../use-polled.ts';
import { documentText, DRIFT_WORDS } from '../words.ts';

// Each costs a request; the worst are asked for, the rest are one click away.
const DETAILS_MAX = 30;
const ORDER = ['drifted', 'unknown', 'compliant', 'notApplicable'] as const;

/** The fleet against its configuration documents: what differs where, then every machine. */
export function DriftPage() {
  const nowMs = useNow(serverNowMs);
  const { answer, problem } = usePolled<Page<DriftRow>>('/drift');
  const rows = (answer?.items ?? []).toSorted((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
  const details = useDetails(rows.filter(({ status }) => status === 'drifted' || status === 'unknown').slice(0, DETAILS_MAX));
  return (
    <>
      <h1>Drift</h1>
      <Problem problem={problem} />
      {answer !== undefined && rows.length === 0 && <p>No machine was checked against a configuration document so far.</p>}
      {details.length > 0 && <DifferenceTable targets={details} nowMs={nowMs} caption="Differences" />}
      {rows.length > 0 && (
        <Table caption="Machines" columns={['Machine', 'Document', 'State', 'Differs #', 'Not observed #', 'Class', 'Since', 'Checked']}>
          {rows.map((row) => (
            <tr key={row.key}>
              <td>
                <a href={`/drift/${row.key}`}>{plainText(row.target)}</a>
              </td>
              <td>{plainText(documentText(row))}</td>
              <td>
                <StatusMark words={DRIFT_WORDS[row.status]} />
                {row.message !== undefined && <small>{plainText(row.message)}</small>}
              </td>
              <td class="n">{row.drifted}</td>
              <td class="n">{row.unknown}</td>
              <td>{row.class ?? '-'}</td>
              <td>
                <Time at={row.since} nowMs={nowMs} />
              </td>
              <td>
                <Time at={row.checkedAt} nowMs={nowMs} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}

/** The differences of these machines, read again when one of them was checked again. */
function useDetails(rows: readonly DriftRow[]): readonly DriftTarget[] {
  const [details, setDetails] = useState<readonly DriftTarget[]>([]);
  const asked = rows.map(({ key, checkedAt }) => `${key} ${checkedAt}`).join('\n');
  useEffect(() => {
    const left = new AbortController();
    Promise.all(rows.map(({ key }) => get<DriftTarget>(`/drift/targets/${key}`, left.signal))).then(setDetails, () => undefined);
    return () => left.abort();
  }, [asked]);
  return details;
}
