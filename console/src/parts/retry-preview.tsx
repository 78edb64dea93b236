import { useEffect, useState } from 'preact/hooks';
import { ApiProblem, post } from '../api.ts';
import { plainText } from '../plain-text.ts';
import { Problem } from './problem.tsx';

interface Preview {
  readonly steps: readonly {
    readonly path: string;
    readonly becomes: 'kept' | 'again' | 'partly' | 'left_out';
    readonly kind: string;
    readonly again: readonly string[];
  }[];
  readonly changing: number;
  readonly notes: readonly string[];
}

const WORDS = { kept: '✓ kept', again: '↻ again', partly: '↻ partly', left_out: '– left out' } as const;

/** What a retry would do again and what it would keep, asked of the server before anything is sent. */
export function RetryPreview({ path, body }: { readonly path: string; readonly body: object }) {
  const [preview, setPreview] = useState<Preview>();
  const [problem, setProblem] = useState<ApiProblem>();
  useEffect(() => {
    post<Preview>(`${path}?dryRun=true`, body, crypto.randomUUID()).then(setPreview, (error: unknown) => {
      if (error instanceof ApiProblem) setProblem(error);
    });
  }, [path]);
  if (preview === undefined)
    return problem === undefined ? <p class="dim">Looking what would run again…</p> : <Problem problem={problem} />;
  return (
    <>
      <p>
        A new run goes on from this one. {preview.changing} {preview.changing === 1 ? 'step that changes' : 'steps that change'} something{' '}
        {preview.changing === 1 ? 'runs' : 'run'} again.
      </p>
      <ul>
        {preview.steps.map((step) => (
          <li key={step.path}>
            {WORDS[step.becomes]} <code>{plainText(step.path)}</code> {step.kind}
            {step.becomes === 'partly' && `: ${step.again.map(plainText).join(', ')}`}
          </li>
        ))}
      </ul>
      {preview.notes.map((note) => (
        <p key={note} class="dim">
          {note}
        </p>
      ))}
    </>
  );
}
