import { useEffect, useRef, useState } from 'preact/hooks';
import type { LogLine, LogPage } from '../api.ts';
import { ApiProblem, get } from '../api.ts';
import { plainText } from '../plain-text.ts';
import { logTime } from '../time.ts';
import { Problem } from './problem.tsx';
import { VirtualRows } from './virtual-rows.tsx';

interface Props {
  readonly run: string;
  /** Only the lines of this step. */
  readonly step?: string;
  /** The number of the run's last event: something new may be in the log when it rises. */
  readonly seq: number;
}

/** The log by places: line 0 is the first that is there. A place keeps its line until lines are dropped. */
interface Book {
  readonly head: Omit<LogPage, 'lines'>;
  readonly pages: ReadonlyMap<number, readonly LogLine[]>;
}

const PAGE = 1000;
const EMPTY: Book = { head: { total: 0, dropped: 0, matching: 0, kept: 'files' }, pages: new Map() };

/** A log of any length, of a run or of one step: only seen rows are in the page, and only seen thousands are fetched. */
export function LogView({ run, step, seq }: Props) {
  const [book, setBook] = useState(EMPTY);
  const [problem, setProblem] = useState<ApiProblem>();
  const asked = useRef(new Set<number>());
  const left = useRef(new AbortController());
  const { matching, dropped, kept } = book.head;

  const fetchPage = async (page: number | 'last'): Promise<void> => {
    const where = page === 'last' ? { from: `-${PAGE}` } : { skip: String(page * PAGE) };
    const query = new URLSearchParams({ ...where, limit: String(PAGE), ...(step === undefined ? {} : { step }) });
    try {
      const { lines, ...head } = await get<LogPage>(`/runs/${run}/logs?${query}`, left.current.signal);
      const start = page === 'last' ? head.matching - lines.length : page * PAGE;
      setBook((before) => ({ head, pages: filed(before.head.dropped === head.dropped ? before.pages : new Map(), lines, start) }));
    } catch (error) {
      if (left.current.signal.aborted) return;
      if (error instanceof ApiProblem) setProblem(error);
    } finally {
      if (page !== 'last') asked.current.delete(page);
    }
  };
  useEffect(() => {
    left.current = new AbortController();
    return () => left.current.abort();
  }, []);
  useEffect(() => void fetchPage('last'), [seq]);

  const first = dropped === 0 ? 0 : 1;
  const seen = (from: number, to: number): void => {
    const [low, high] = [Math.max(0, from - first), to - 1 - first];
    for (let page = pageOf(low); page <= pageOf(high); page += 1) {
      if (high < low || asked.current.has(page) || isWhole(book, page)) continue;
      asked.current.add(page);
      void fetchPage(page);
    }
  };
  if (problem !== undefined) return <Problem problem={problem} />;
  if (matching === 0) return step === undefined ? <p class="dim">No line was logged so far.</p> : null;
  const rows = (
    <VirtualRows
      count={matching + first}
      label={step === undefined ? `Log of run ${run}` : `Log of ${step}`}
      tail
      onSeen={seen}
      row={(index) => {
        if (first === 1 && index === 0) return <DroppedRow key="dropped" dropped={dropped} kept={kept} />;
        const place = index - first;
        return <LogRow key={place} place={place} line={lineOf(book, place)} gap={step === undefined ? gapBefore(book, place) : 0} />;
      }}
    />
  );
  if (step === undefined) return rows;
  return (
    <section>
      <h3>Log</h3>
      {rows}
      <p class="dim">
        <a href={`/runs/${run}/logs`}>Whole log of the run</a>
      </p>
    </section>
  );
}

function DroppedRow({ dropped, kept }: Pick<LogPage, 'dropped' | 'kept'>) {
  return (
    <li class="dim">
      {kept === 'files'
        ? `${dropped} lines of this run were dropped: its first and its last are kept, 256 MiB in all`
        : `${dropped} older lines are not here: this server has no file of the log, and the store keeps the newest 5 MiB of a run`}
    </li>
  );
}

interface RowProps {
  readonly place: number;
  readonly line: LogLine | undefined;
  /** Lines that are missing before this one. */
  readonly gap: number;
}

/** One line with its number, time, step and text; lines that are not here yet are shown by their place. */
function LogRow({ place, line, gap }: RowProps) {
  if (line === undefined) return <li class="log dim">{place + 1}</li>;
  return (
    <li class={`log ${line.stream}`}>
      <span class="n">{line.n}</span> <span class="dim">{logTime(line.at)}</span> <span class="dim">{plainText(line.step)}</span>{' '}
      {gap > 0 && <b>{gap} lines dropped before this one </b>}
      {line.stream === 'stderr' && <b>stderr </b>}
      <span class="text">{plainText(line.text)}</span>
    </li>
  );
}

function pageOf(place: number): number {
  return Math.floor(place / PAGE);
}

function lineOf(book: Book, place: number): LogLine | undefined {
  return book.pages.get(pageOf(place))?.[place % PAGE];
}

function gapBefore(book: Book, place: number): number {
  const line = lineOf(book, place);
  const before = lineOf(book, place - 1);
  return line === undefined || before === undefined ? 0 : line.n - before.n - 1;
}

function isWhole(book: Book, page: number): boolean {
  const last = Math.min(book.head.matching, (page + 1) * PAGE) - 1;
  return lineOf(book, page * PAGE) !== undefined && lineOf(book, last) !== undefined;
}

function filed(pages: Book['pages'], lines: readonly LogLine[], start: number): Book['pages'] {
  const next = new Map(pages);
  for (let page = pageOf(start); page <= pageOf(start + lines.length - 1); page += 1) {
    const kept = [...(next.get(page) ?? [])];
    const from = Math.max(start, page * PAGE);
    const to = Math.min(start + lines.length, (page + 1) * PAGE);
    for (let place = from; place < to; place += 1) {
      const line = lines[place - start];
      if (line !== undefined) kept[place % PAGE] = line;
    }
    next.set(page, kept);
  }
  return next;
}
