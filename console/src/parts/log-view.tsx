import { useEffect, useRef, useState } from 'preact/hooks';
import type { LogLine, LogPage } from '../api.ts';
import { ApiProblem, get } from '../api.ts';
import { plainText } from '../plain-text.ts';
import { logTime } from '../time.ts';
import { Problem } from './problem.tsx';
import { VirtualRows } from './virtual-rows.tsx';

interface Props {
  readonly run: string;
  /** The number of the run's last event: something new may be in the log when it rises. */
  readonly seq: number;
}

interface Book {
  readonly total: number;
  readonly dropped: number;
  readonly pages: ReadonlyMap<number, readonly LogLine[]>;
}

const PAGE = 1000;

/** The log of a run by line number: only seen rows are in the page, and only seen thousands are fetched. */
export function LogView({ run, seq }: Props) {
  const [book, setBook] = useState<Book>({ total: 0, dropped: 0, pages: new Map() });
  const [problem, setProblem] = useState<ApiProblem>();
  const asked = useRef(new Set<number>());
  const left = useRef(new AbortController());

  const fetchLines = async (from: number): Promise<void> => {
    try {
      const page = await get<LogPage>(`/runs/${run}/logs?from=${from}&limit=${PAGE}`, left.current.signal);
      setBook((before) => ({ total: page.total, dropped: page.dropped, pages: filed(before.pages, page.lines) }));
    } catch (error) {
      if (left.current.signal.aborted) return;
      asked.current.delete(pageOf(from));
      if (error instanceof ApiProblem) setProblem(error);
    }
  };
  useEffect(() => {
    left.current = new AbortController();
    return () => left.current.abort();
  }, []);
  useEffect(() => void fetchLines(-PAGE), [seq]);

  const first = book.dropped === 0 ? 0 : 1;
  const lineAt = (index: number): number => book.dropped + 1 + index - first;
  const seen = (from: number, to: number): void => {
    for (let page = pageOf(lineAt(from)); page <= pageOf(lineAt(to - 1)); page += 1) {
      if (to <= from || asked.current.has(page) || isWhole(book, page)) continue;
      asked.current.add(page);
      void fetchLines(Math.max(book.dropped + 1, page * PAGE + 1));
    }
  };
  if (problem !== undefined) return <Problem problem={problem} />;
  if (book.total === 0) return <p class="dim">No line was logged so far.</p>;
  return (
    <VirtualRows
      count={book.total - book.dropped + first}
      label={`Log of run ${run}`}
      tail
      onSeen={seen}
      row={(index) =>
        first === 1 && index === 0 ? (
          <li key="dropped" class="dim">
            {book.dropped} older lines were dropped: the store keeps the newest 5 MiB of a run
          </li>
        ) : (
          <LogRow key={lineAt(index)} n={lineAt(index)} line={lineOf(book, lineAt(index))} />
        )
      }
    />
  );
}

/** One line with its number, time, step and text; lines that are not here yet are shown by their number. */
export function LogRow({ n, line }: { readonly n: number; readonly line: LogLine | undefined }) {
  if (line === undefined) return <li class="log dim">{n}</li>;
  return (
    <li class={`log ${line.stream}`}>
      <span class="n">{n}</span> <span class="dim">{logTime(line.at)}</span> <span class="dim">{plainText(line.step)}</span>{' '}
      {line.stream === 'stderr' && <b>stderr </b>}
      <span class="text">{plainText(line.text)}</span>
    </li>
  );
}

function pageOf(n: number): number {
  return Math.floor((n - 1) / PAGE);
}

function lineOf(book: Book, n: number): LogLine | undefined {
  return book.pages.get(pageOf(n))?.[(n - 1) % PAGE];
}

function isWhole(book: Book, page: number): boolean {
  const from = Math.max(page * PAGE + 1, book.dropped + 1);
  const to = Math.min(book.total, (page + 1) * PAGE);
  return lineOf(book, from) !== undefined && lineOf(book, to) !== undefined;
}

// Lines have fixed numbers, so a page of the book is filled by whatever answer brings its lines.
function filed(pages: Book['pages'], lines: readonly LogLine[]): Book['pages'] {
  const next = new Map(pages);
  const fresh = new Set<number>();
  for (const line of lines) {
    const page = pageOf(line.n);
    const kept = fresh.has(page) ? (next.get(page) as LogLine[]) : [...(next.get(page) ?? [])];
    kept[(line.n - 1) % PAGE] = line;
    fresh.add(page);
    next.set(page, kept);
  }
  return next;
}
