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
                <code>{wait.step}</code>
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
        {gate.environment} · {gate.severity} · requested by {plainText(gate.run.requester)} · plan <code>{gate.planHash.slice(0, 12)}</code>
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

function resolveDecision(run: RunSummary, wait: RunSummary['waitingFor'][number]): Decision {
  return {
    title: `What did ${wait.step} do?`,
    path: `/runs/${run.id}/steps/${wait.stepKey}/resolve`,
    body: {},
    button: 'Resolve',
    reason: 'required',
    choices: [
      { value: 'succeeded', text: 'It had its effect: the run goes on as if the step had succeeded' },
      { value: 'failed', text: 'It had no effect: the step fails' },
      { value: 'again', text: 'It had no effect and may be sent again: a second effect is possible if you are wrong' },
    ],
    consequence: (
      <>
        <p class="message">{plainText(wait.message)}</p>
        <p>Look at the target itself before you answer. Your answer and reason go into the evidence.</p>
      </>
    ),
  };
}
