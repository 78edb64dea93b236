import type { Page, RunbookRow } from '../api.ts';
import { Problem } from '../parts/problem.tsx';
import { plainText } from '../plain-text.ts';
import { usePolled } from '../use-polled.ts';

/** The published runbooks. */
export function RunbooksPage() {
  const { answer, problem } = usePolled<Page<RunbookRow>>('/runbooks');
  return (
    <>
      <h1>Runbooks</h1>
      <Problem problem={problem} />
      {answer !== undefined && answer.items.length === 0 && <p>No runbook was published.</p>}
      {answer !== undefined && answer.items.length > 0 && (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keys
        <div class="wide" role="region" aria-label="Published runbooks" tabIndex={0}>
          <table>
            <caption>Published runbooks</caption>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Title</th>
                <th scope="col">Purposes</th>
                <th scope="col">Environment</th>
                <th scope="col">Owner</th>
                <th scope="col">Digest</th>
              </tr>
            </thead>
            <tbody>
              {answer.items.map((runbook) => (
                <tr key={runbook.name}>
                  <td>
                    <a href={`/runbooks/${encodeURIComponent(runbook.name)}`}>{runbook.name}</a>
                  </td>
                  <td>{plainText(runbook.title)}</td>
                  <td>{runbook.purposes.join(', ')}</td>
                  <td>{runbook.environment}</td>
                  <td>{plainText(runbook.owner)}</td>
                  <td>
                    <code title={runbook.digest}>{runbook.digest.slice(0, 12)}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
