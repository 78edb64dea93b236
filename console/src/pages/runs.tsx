import { useEffect, useState } from 'preact/hooks';
import type { RunRow } from '../../../engine/run/summary.ts';
import type { Page, RunbookRow } from '../api.ts';
import { ApiProblem, get, serverNowMs } from '../api.ts';
import { Problem } from '../parts/problem.tsx';
import { RunTable } from '../parts/run-table.tsx';
import { go } from '../router.ts';
import { useNow, usePolled } from '../use-polled.ts';
import { NEEDS_PERSON, UNDER_WAY } from '../words.ts';

const STATUSES = [
  { text: 'any', value: '' },
  { text: 'under way', value: UNDER_WAY.join(',') },
  { text: 'needs a person', value: [...NEEDS_PERSON, 'waiting'].join(',') },
  { text: 'succeeded', value: 'succeeded' },
  { text: 'ended badly', value: 'failed,partially_failed,timed_out' },
  { text: 'stopped', value: 'cancelled,rejected' },
] as const;

/** Runs, newest first. The filters are the address; new runs wait until they are asked for. */
export function RunsPage({ query }: { readonly query: URLSearchParams }) {
  const nowMs = useNow(serverNowMs);
  const status = query.get('status') ?? '';
  const runbook = query.get('runbook') ?? '';
  const purpose = query.get('as') ?? '';
  const asked = Object.entries({ status, runbook, as: purpose }).filter(([, value]) => value !== '');
  const filter = new URLSearchParams(asked).toString();
  const { answer, problem } = usePolled<Page<RunRow>>(`/runs?${filter}`);
  const { shown, fresh, showFresh, more, moreProblem } = useRows(filter, answer);
  const runbooks = usePolled<Page<RunbookRow>>('/runbooks').answer?.items ?? [];
  const known = STATUSES.some(({ value }) => value === status);

  const filterBy = (name: string, value: string): void => {
    const next = new URLSearchParams(query);
    if (value === '') next.delete(name);
    else next.set(name, value);
    go(`/runs${next.size === 0 ? '' : `?${next}`}`);
  };
  return (
    <>
      <h1>Runs</h1>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          Status
          <select value={status} onChange={(event) => filterBy('status', event.currentTarget.value)}>
            {STATUSES.map(({ text, value }) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
            {!known && <option value={status}>{status}</option>}
          </select>
        </label>
        <label>
          Show
          <select value={purpose} onChange={(event) => filterBy('as', event.currentTarget.value)}>
            <option value="">runs</option>
            <option value="readiness">readiness checks</option>
            {purpose !== '' && purpose !== 'readiness' && <option value={purpose}>{purpose}</option>}
          </select>
        </label>
        <label>
          Runbook
          <select value={runbook} onChange={(event) => filterBy('runbook', event.currentTarget.value)}>
            <option value="">any</option>
            {runbooks.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
            {runbook !== '' && !runbooks.some(({ name }) => name === runbook) && <option>{runbook}</option>}
          </select>
        </label>
        <p aria-live="polite">
          {fresh > 0 && (
            <button type="button" onClick={showFresh}>
              {fresh} new
            </button>
          )}
        </p>
      </form>
      <Problem problem={problem ?? moreProblem} />
      {answer !== undefined && shown.length === 0 && <p>No run fits.</p>}
      {shown.length > 0 && <RunTable runs={shown} nowMs={nowMs} caption="Runs, newest first" />}
      {more !== undefined && (
        <button type="button" onClick={more}>
          Older runs
        </button>
      )}
    </>
  );
}

/** The rows as the reader has them: known ones stay up to date in their place, new ones are only counted. */
function useRows(filter: string, answer: Page<RunRow> | undefined) {
  const [rows, setRows] = useState<readonly RunRow[]>();
  const [older, setOlder] = useState<Page<RunRow>>({ items: [] });
  const [moreProblem, setMoreProblem] = useState<ApiProblem>();
  useEffect(() => {
    setRows(undefined);
    setOlder({ items: [] });
  }, [filter]);
  useEffect(() => {
    if (answer === undefined) return;
    const now = new Map(answer.items.map((run) => [run.id, run]));
    setRows((before) => (before === undefined || before.length === 0 ? answer.items : before.map((run) => now.get(run.id) ?? run)));
  }, [answer]);
  const first = rows?.[0]?.number ?? 0;
  const cursor = older.items.length === 0 ? answer?.next : older.next;
  const readMore = async (after: string): Promise<void> => {
    try {
      const page = await get<Page<RunRow>>(`/runs?after=${encodeURIComponent(after)}`);
      setOlder((before) => ({ items: [...before.items, ...page.items], ...(page.next === undefined ? {} : { next: page.next }) }));
    } catch (error) {
      if (error instanceof ApiProblem) setMoreProblem(error);
    }
  };
  const seen = new Set<string>();
  return {
    shown: [...(rows ?? []), ...older.items].filter(({ id }) => !seen.has(id) && seen.add(id)),
    fresh: answer?.items.filter((run) => run.number > first && rows !== undefined && rows.length > 0).length ?? 0,
    showFresh: () => setRows(answer?.items),
    more: cursor === undefined ? undefined : () => void readMore(cursor),
    moreProblem,
  };
}
