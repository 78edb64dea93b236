import { useEffect, useState } from 'preact/hooks';
import type { LogLine, LogPage } from '../api.ts';
import { ApiProblem, get } from '../api.ts';
import { Problem } from './problem.tsx';
import { LogRow } from './log-view.tsx';
import { VirtualRows } from './virtual-rows.tsx';

const PAGE = 1000;

interface Props {
  readonly run: string;
  readonly step: string;
  readonly seq: number;
}

/** The last thousand lines of one step; the log of the run has the rest. */
export function StepLog({ run, step, seq }: Props) {
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const [problem, setProblem] = useState<ApiProblem>();
  useEffect(() => {
    const left = new AbortController();
    const query = new URLSearchParams({ step, from: `-${PAGE}`, limit: `${PAGE}` });
    get<LogPage>(`/runs/${run}/logs?${query}`, left.signal).then(
      (page) => setLines(page.lines),
      (error: unknown) => {
        if (error instanceof ApiProblem && !left.signal.aborted) setProblem(error);
      },
    );
    return () => left.abort();
  }, [run, step, seq]);
  if (problem !== undefined) return <Problem problem={problem} />;
  if (lines.length === 0) return null;
  return (
    <section>
      <h3>Log</h3>
      <VirtualRows
        count={lines.length}
        label={`Log of ${step}`}
        tail
        row={(index) => <LogRow key={lines[index]?.n} n={lines[index]?.n ?? 0} line={lines[index]} />}
      />
      <p class="dim">
        {lines.length === PAGE && `The last ${PAGE} lines. `}
        <a href={`/runs/${run}/logs`}>Whole log of the run</a>
      </p>
    </section>
  );
}
