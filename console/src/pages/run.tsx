import { useEffect, useState } from 'preact/hooks';
import type { RunSummary } from '../../../engine/run/summary.ts';
import { hasEnded } from '../../../engine/run/run-state.ts';
import type { Approval, Page } from '../api.ts';
import { get, serverNowMs } from '../api.ts';
import { type Decision, DecisionDialog } from '../parts/decision-dialog.tsx';
import { EventList } from '../parts/event-list.tsx';
import { Problem } from '../parts/problem.tsx';
import { RetryPreview } from '../parts/retry-preview.tsx';
import { RunHead } from '../parts/run-head.tsx';
import { StepDetail } from '../parts/step-detail.tsx';
import { type Choice, StepTree } from '../parts/step-tree.tsx';
import { cancelDecision, forceDecision, pauseDecision, resumeDecision, WaitingList } from '../parts/waiting-list.tsx';
import { go } from '../router.ts';
import { absoluteText } from '../time.ts';
import { useNow } from '../use-polled.ts';
import { useRun } from '../use-run.ts';
import { useUsual } from '../use-usual.ts';

/** One run, followed: its clocks, what it waits for, its steps on a time axis, the chosen step, its history. */
export function RunPage({ reference }: { readonly reference: string }) {
  const nowMs = useNow(serverNowMs);
  const { run, readAtMs, events, connected, lostAtMs, problem, refresh } = useRun(reference);
  const [choice, setChoice] = useState<Choice>();
  const [decision, setDecision] = useState<Decision>();
  const gates = useGates(run);
  const usual = useUsual(run);
  if (run === undefined) return <Loading problem={problem} reference={reference} />;
  const chosen = choice ?? firstChoice(run);
  return (
    <div class={connected ? undefined : 'stale'}>
      <RunHead run={run} nowMs={nowMs} readAtMs={readAtMs} usual={usual} />
      <p class="live" aria-live="polite" data-seq={events.at(-1)?.seq ?? 0}>
        {connectionText(run, connected, lostAtMs)}
        {run.pendingCommands > 0 && ' · requested, the worker has not applied it yet'}
      </p>
      <Problem problem={problem} />
      <WaitingList run={run} gates={gates} nowMs={nowMs} onDecide={setDecision} />
      <div class="two">
        <section aria-label="Steps of the run">
          <h2>Steps</h2>
          <StepTree run={run} nowMs={nowMs} choice={chosen} onChoose={setChoice} />
        </section>
        <div>{chosen !== undefined && <StepDetail run={run} choice={chosen} events={events} />}</div>
      </div>
      <h2>History</h2>
      <EventList events={events} />
      <p class="buttons">
        <a href={`/runs/${run.number}/logs`}>Log of the run</a>
        {controlDecisions(run).map((control) => (
          <button key={control.button} type="button" class={control.tone ?? 'primary'} onClick={() => setDecision(control)}>
            {control.button}
          </button>
        ))}
      </p>
      {decision !== undefined && (
        <DecisionDialog
          decision={decision}
          onClose={() => setDecision(undefined)}
          onSent={(answer) => {
            setDecision(undefined);
            const next = answer as { readonly kind?: string; readonly number?: number };
            if (next.kind === 'Run') go(`/runs/${next.number}`);
            else refresh();
          }}
        />
      )}
    </div>
  );
}

/** The decision to go on from a run that has ended. */
function retryDecision(run: RunSummary): Decision {
  const [path, body] = [`/runs/${run.id}/retry`, { mode: 'failed' }];
  return {
    title: `Retry run ${run.number}`,
    path,
    body,
    button: 'Retry what failed',
    reason: run.severity === 'severe' ? 'required' : 'optional',
    ...(run.severity === 'severe' ? { confirm: run.runbook } : {}),
    consequence: <RetryPreview path={path} body={body} />,
  };
}

/** What can be said to the run as a whole, as it stands now. */
function controlDecisions(run: RunSummary): readonly Decision[] {
  if (hasEnded(run.status)) return run.status === 'succeeded' ? [] : [retryDecision(run)];
  const hold = run.status === 'paused' || run.pause !== undefined ? resumeDecision(run) : pauseDecision(run);
  const cleansUp = run.phase !== 'main' && run.phase !== 'readiness';
  const end = cleansUp || run.status === 'cancelling' ? forceDecision(run) : cancelDecision(run);
  return run.status === 'cancelling' ? [end] : [hold, end];
}

function Loading({ problem, reference }: { readonly problem: Parameters<typeof Problem>[0]['problem']; readonly reference: string }) {
  return (
    <>
      <h1>Run {reference}</h1>
      {problem === undefined ? <p class="dim">Reading the run…</p> : <Problem problem={problem} />}
    </>
  );
}

/** The gates of this run with who may answer; asked again when what it waits for changes. */
function useGates(run: RunSummary | undefined): readonly Approval[] {
  const [gates, setGates] = useState<readonly Approval[]>([]);
  const waits = run?.waitingFor.filter(({ kind }) => kind === 'approval' || kind === 'manual').map(({ stepKey }) => stepKey) ?? [];
  const asked = waits.length === 0 ? '' : `${waits.join(' ')} ${run?.seq}`;
  useEffect(() => {
    if (asked === '') return setGates([]);
    const left = new AbortController();
    get<Page<Approval>>('/approvals', left.signal).then(
      ({ items }) => setGates(items.filter((gate) => gate.run.id === run?.id)),
      () => undefined,
    );
    return () => left.abort();
  }, [asked]);
  return gates;
}

// What a reader most likely wants to see: what went wrong, else what is going on.
function firstChoice(run: RunSummary): Choice | undefined {
  const wanted = [['unknown'], ['failed', 'timed_out'], ['partially_failed'], ['waiting', 'retrying', 'running']];
  const found = wanted.map((statuses) => run.steps.findLast(({ status }) => statuses.includes(status))).find((step) => step !== undefined);
  const step = found ?? run.steps[0];
  return step === undefined ? undefined : { path: step.path };
}

function connectionText(run: RunSummary, connected: boolean, lostAtMs: number | undefined): string {
  if (hasEnded(run.status)) return 'ended';
  if (connected) return '● live';
  return `? connection lost${lostAtMs === undefined ? '' : ` since ${absoluteText(new Date(lostAtMs).toISOString())}`}: what you see may be old`;
}
