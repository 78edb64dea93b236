import { LogView } from '../parts/log-view.tsx';
import { Problem } from '../parts/problem.tsx';
import { useRun } from '../use-run.ts';

/** The whole log of a run. */
export function LogsPage({ reference }: { readonly reference: string }) {
  const { run, problem } = useRun(reference);
  return (
    <>
      <h1>Log of run {reference}</h1>
      <p>
        <a href={`/runs/${reference}`}>Back to the run</a>
      </p>
      <Problem problem={problem} />
      {run !== undefined && <LogView key={run.id} run={reference} seq={run.seq} />}
    </>
  );
}
