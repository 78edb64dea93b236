import type { RunSummary } from '../../../engine/run/summary.ts';
import type { RunEvent } from '../api.ts';
import { plainText } from '../plain-text.ts';
import { absoluteText } from '../time.ts';
import { stepWords } from '../words.ts';
import { EventRow } from './event-list.tsx';
import { LogView } from './log-view.tsx';
import { StatusMark } from './status-mark.tsx';
import type { Choice } from './step-tree.tsx';

interface Props {
  readonly run: RunSummary;
  readonly choice: Choice;
  readonly events: readonly RunEvent[];
}

const HISTORY_MAX = 100;

/** The chosen step or item: its error first, then when it ran, what happened to it, and its log. */
export function StepDetail({ run, choice, events }: Props) {
  const step = run.steps.find(({ path }) => path === choice.path);
  if (step === undefined) return <p class="dim">This step is no longer in the run.</p>;
  const item = choice.item === undefined ? undefined : step.items.find(({ key }) => key === choice.item);
  const state = item ?? step;
  const history = events.filter((event) => isAbout(event, state.stepKey));
  return (
    <article aria-labelledby="step-name">
      <h2 id="step-name" tabIndex={-1}>
        {plainText(item === undefined ? step.name : `${step.name} · ${item.key}`)}
      </h2>
      <p>
        <StatusMark words={stepWords(state.status)} /> {state.reason !== undefined && plainText(state.reason)}
      </p>
      {state.error !== undefined && (
        <div class="problem">
          <p>
            <strong>{state.error.kind}</strong> {plainText(state.error.message)}
          </p>
          {state.error.place !== undefined && (
            <p>
              {state.error.code} <code>{plainText(`${state.error.place.file}:${state.error.place.line}:${state.error.place.column}`)}</code>
            </p>
          )}
          <p>{consequence(run, state.status)}</p>
        </div>
      )}
      <dl>
        <dt>Step</dt>
        <dd>
          <code>{step.path}</code>
        </dd>
        {item === undefined && step.calls !== undefined && (
          <>
            <dt>Called run</dt>
            <dd>
              <a href={`/runs/${step.calls.number}`}>run {step.calls.number}</a> of {plainText(step.calls.runbook)}
            </dd>
          </>
        )}
        <Fact name="Began" at={state.startedAt} />
        <Fact name="Ended" at={state.endedAt} />
        {item === undefined && step.attempt > 1 && (
          <>
            <dt>Attempts</dt>
            <dd>{step.attempt}</dd>
          </>
        )}
      </dl>
      {history.length > 0 && (
        <section>
          <h3>What happened</h3>
          <ol class="history">
            {history.slice(-HISTORY_MAX).map((event) => (
              <EventRow key={event.seq} event={event} />
            ))}
          </ol>
        </section>
      )}
      <LogView key={step.path} run={String(run.number)} step={history[0]?.step ?? step.path} seq={run.seq} />
    </article>
  );
}

function Fact({ name, at }: { readonly name: string; readonly at: string | undefined }) {
  if (at === undefined) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <time dateTime={at}>{absoluteText(at)}</time>
      </dd>
    </>
  );
}

function isAbout(event: RunEvent, stepKey: string | undefined): boolean {
  return stepKey !== undefined && event.data['stepKey'] === stepKey;
}

function consequence(run: RunSummary, status: string): string {
  if (status === 'unknown')
    return 'Nobody knows whether the last request had its effect. The run stands still until a person says what is true.';
  if (status === 'retrying') return 'It will be tried again.';
  return run.endedAt === undefined
    ? 'The steps that depend on it do not start; the steps under Finally still run.'
    : `The run ended as ${run.outcome ?? run.status}. Its evidence has this error.`;
}
