import { useEffect, useState } from 'preact/hooks';
import type { RunbookDetail } from '../api.ts';
import { ApiProblem, get } from '../api.ts';
import { CodeView } from '../parts/code-view.tsx';
import { Problem } from '../parts/problem.tsx';
import { StartForm } from '../parts/start-form.tsx';
import { plainText } from '../plain-text.ts';

/** One published runbook: how to start it, what there is to say about it, and its text. */
export function RunbookPage({ name }: { readonly name: string }) {
  const [runbook, setRunbook] = useState<RunbookDetail>();
  const [problem, setProblem] = useState<ApiProblem>();
  useEffect(() => {
    const left = new AbortController();
    get<RunbookDetail>(`/runbooks/${encodeURIComponent(name)}`, left.signal).then(setRunbook, (error: unknown) => {
      if (error instanceof ApiProblem) setProblem(error);
    });
    return () => left.abort();
  }, [name]);
  if (runbook === undefined) {
    return (
      <>
        <h1>Runbook {name}</h1>
        <Problem problem={problem} />
      </>
    );
  }
  return (
    <>
      <h1>{plainText(runbook.title)}</h1>
      <p class="dim">
        <code>{runbook.path}</code> · {runbook.environment} · owned by {plainText(runbook.owner)} · digest{' '}
        <code title={runbook.digest}>{runbook.digest.slice(0, 12)}</code> ·{' '}
        <a href={`/runs?runbook=${encodeURIComponent(name)}`}>its runs</a>
      </p>
      {runbook.description !== undefined && <p class="message">{plainText(runbook.description)}</p>}
      <div class="two">
        <section aria-label="Start">
          <h2>Start</h2>
          <StartForm runbook={runbook} />
        </section>
        <section aria-label="Text">
          <h2>Text</h2>
          <CodeView text={runbook.text} findings={runbook.findings} />
        </section>
      </div>
    </>
  );
}
