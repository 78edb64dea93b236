import type { RunSummary } from '../../../engine/run/summary.ts';
import type { Approval } from '../api.ts';
import { plainText } from '../plain-text.ts';
import type { Decision } from './decision-dialog.tsx';
import { Time } from './time.tsx';

interface Props {
  readonly run: RunSummary;
  readonly gates: readonly Approval[];
  readonly nowMs: number;
  readonly onDecide: (decision: Decision) => void;
}

/** What the run waits for, each with what can be answered. */
export function WaitingList({ run, gates, nowMs, onDecide }: Props) {
  if (run.waitingFor.length === 0) return null;
  return (
    <section aria-label="What the run waits for">
      <ul class="cards">
        {run.waitingFor.map((wait) => {
          const gate = gates.find(({ stepKey }) => stepKey === wait.stepKey);
          return (
            <li key={wait.stepKey}>
              <p class="message">{plainText(wait.message)}</p>
              <p class="dim">
                {wait.step === '' ? 'the start of the run' : <code>{wait.step}</code>} · {wait.kind.replace('_', ' ')}
                {wait.by.length > 0 && ` · asks ${wait.by.join(', ')}`}
                {gate !== undefined && gate.need > 1 && ` · ${gate.decisions.length} of ${gate.need}`}
                {wait.deadline !== undefined && (
                  <>
                    {' '}
                    · ends <Time at={wait.deadline} nowMs={nowMs} />
                  </>
                )}
              </p>
              {gate?.mayDecide === false && <p>You cannot answer: {gate.whyNot}</p>}
              <p class="buttons">
                {decisionsFor(run, wait, gate).map((decision) => (
                  <button key={decision.button} type="button" class={decision.tone ?? 'primary'} onClick={() => onDecide(decision)}>
                    {decision.button}
                  </button>
                ))}
              </p>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** The decision to hold a run. */
export function pauseDecision(run: RunSummary): Decision {
  return {
    title: `Pause run ${run.number}`,
    path: `/runs/${run.id}/pause`,
    body: {},
    button: 'Pause run',
    reason: 'optional',
    consequence: (
      <p>Nothing new starts. What was sent already is followed to its end, the targets stay locked, and the time of the run goes on.</p>
    ),
  };
}

/** The decision to let a paused run go on. */
export function resumeDecision(run: RunSummary): Decision {
  const parked = run.pause?.cause === 'parked';
  return {
    title: `Let run ${run.number} go on`,
    path: `/runs/${run.id}/resume`,
    body: {},
    button: 'Resume run',
    reason: parked ? 'required' : 'optional',
    consequence: (
      <>
        {run.reason !== undefined && <p class="message">{plainText(run.reason)}</p>}
        <p>
          The run goes on where it stands: the next steps start at once.
          {parked && ' It was parked by runward itself, so only an admin may do this, after finding out why.'}
        </p>
      </>
    ),
  };
}

/** The decision to end a run without its cleanup. */
export function forceDecision(run: RunSummary): Decision {
  return {
    title: `Cancel run ${run.number} without its cleanup`,
    path: `/runs/${run.id}/cancel`,
    body: { force: true },
    button: 'Give up cleanup',
    tone: 'danger',
    reason: 'required',
    confirm: run.runbook,
    consequence: (
      <p>
        What is left of rollback and of the steps under Finally is skipped. What was sent is followed to its end. The targets stay locked
        until a person releases them, because nobody has looked at what they are left with.
      </p>
    ),
  };
}

/** The decision to cancel a run. */
export function cancelDecision(run: RunSummary): Decision {
  return {
    title: `Cancel run ${run.number}`,
    path: `/runs/${run.id}/cancel`,
    body: {},
    button: 'Cancel run',
    tone: 'danger',
    reason: 'optional',
    consequence: <p>Nothing new starts. What was sent already is followed to its end, and then the steps under Finally run.</p>,
  };
}

function decisionsFor(run: RunSummary, wait: RunSummary['waitingFor'][number], gate: Approval | undefined): readonly Decision[] {
  switch (wait.kind) {
    case 'timer':
    case 'kill_switch':
    case 'freeze':
    case 'window':
    case 'readiness':
    case 'lock':
    case 'concurrency':
      return [];
    case 'resolve':
      return [resolveDecision(run, wait)];
    case 'approval':
      return gate?.mayDecide === true ? approvalDecisions(gate) : [];
    case 'manual':
      return gate?.mayDecide === true ? manualDecisions(run, gate) : [];
  }
}

function approvalDecisions(gate: Approval): readonly Decision[] {
  const at = `/approvals/${encodeURIComponent(gate.id)}`;
  const about = (
    <>
      <p class="message">{plainText(gate.message)}</p>
      <p class="dim">
        {gate.environment} · {gate.severity} · requested by {plainText(gate.run.requester)}
        {gate.run.reason !== undefined && ` because: ${plainText(gate.run.reason)}`}
        {gate.run.outageAt !== undefined && ` · outage since ${gate.run.outageAt}`} · plan <code>{gate.planHash.slice(0, 12)}</code>
      </p>
    </>
  );
  return [
    {
      title: `Approve run ${gate.run.number}`,
      path: `${at}/approve`,
      body: { planHash: gate.planHash },
      button: 'Approve',
      reason: 'optional',
      form: gate.form,
      consequence: (
        <>
          {about}
          <p>The run goes on with exactly this plan. Your name, the time and the hash of the plan go into the evidence.</p>
        </>
      ),
    },
    {
      title: `Deny run ${gate.run.number}`,
      path: `${at}/deny`,
      body: { planHash: gate.planHash },
      button: 'Deny',
      tone: 'danger',
      reason: 'required',
      consequence: (
        <>
          {about}
          <p>This is final for the run: no further step starts, and the steps under Finally run.</p>
        </>
      ),
    },
  ];
}

function manualDecisions(run: RunSummary, gate: Approval): readonly Decision[] {
  const at = `/runs/${run.id}/steps/${gate.stepKey}`;
  const about = <p class="message">{plainText(gate.message)}</p>;
  return [
    {
      title: 'Work by hand is done',
      path: `${at}/done`,
      body: {},
      button: 'Done',
      reason: 'optional',
      form: gate.form,
      consequence: (
        <>
          {about}
          <p>You say that it was done. The run goes on.</p>
        </>
      ),
    },
    {
      title: 'Work by hand could not be done',
      path: `${at}/not-done`,
      body: {},
      button: 'Not done',
      tone: 'danger',
      reason: 'required',
      consequence: (
        <>
          {about}
          <p>The step fails, and what depends on it does not start.</p>
        </>
      ),
    },
  ];
}

const ANSWER_WORDS: Readonly<Record<string, string>> = {
  succeeded: 'Succeeded',
  failed: 'Failed',
  again: 'Send again',
  adopt: 'Follow an operation',
  rollback: 'Roll back',
};

function resolveDecision(run: RunSummary, wait: RunSummary['waitingFor'][number]): Decision {
  return {
    title: `What did ${wait.step} do?`,
    path: `/runs/${run.id}/steps/${wait.stepKey}/resolve`,
    body: {},
    button: 'Resolve',
    reason: 'required',
    choices: (wait.answers ?? []).map(({ as, operation, consequence }) => ({
      value: operation === undefined ? as : `${as} ${operation}`,
      text: `${ANSWER_WORDS[as] ?? as}: ${consequence}${operation === undefined ? '' : ` (${plainText(operation)})`}`,
      fields: { as, ...(operation === undefined ? {} : { operation }) },
      ...(as === 'adopt' && operation === undefined ? { ask: 'Operation at the target' } : {}),
    })),
    ...(wait.level === 'severe' ? { confirm: run.runbook } : {}),
    consequence: (
      <>
        <p class="message">{plainText(wait.message)}</p>
        <p>Look at the target itself before you answer. Your answer and reason go into the evidence.</p>
      </>
    ),
  };
}
