import type { AuditEntry } from '../audit/chain.ts';
import type { RunRecord, StepRecord } from '../run/record.ts';
import { azureAheadMs, skewText } from './azure-clock.ts';
import type { Deviation } from './document.ts';

/** The mark of a decision by the person who asked for the run. */
export const SELF_APPROVED = 'self-approved (local)';

interface DeviationSource {
  readonly run: Pick<RunRecord, 'simulatedScale' | 'tier'>;
  readonly steps: readonly StepRecord[];
  readonly audit: readonly AuditEntry[];
}

/** What a reader must know before believing a run: everything that was not as it is in an ordinary run against Azure. */
export function findDeviations({ run, steps, audit }: DeviationSource): readonly Deviation[] {
  return [...estate(run), ...clocks(steps), ...steps.flatMap(stepDeviations), ...takeovers(audit), ...resolutions(audit)];
}

function estate(run: DeviationSource['run']): readonly Deviation[] {
  const found: Deviation[] = [];
  if (run.simulatedScale !== undefined) {
    const speed = run.simulatedScale === 1 ? '' : ` that runs ${run.simulatedScale} times faster than Azure`;
    found.push({ kind: 'simulated_estate', text: `simulated estate${speed}: this proves the runbook and the engine, not Azure` });
  }
  if (run.tier === 'none')
    found.push({ kind: 'store_not_durable', text: 'the store promised no durability: a crash of the store could have lost the run' });
  return found;
}

function clocks(steps: readonly StepRecord[]): readonly Deviation[] {
  const text = skewText(azureAheadMs(steps));
  return text === undefined ? [] : [{ kind: 'clock_skew', text }];
}

function stepDeviations(step: StepRecord): readonly Deviation[] {
  const found: Deviation[] = [];
  for (const decision of step.decisions ?? []) {
    if (decision.self)
      found.push({ kind: 'self_approved', step: step.path, text: `${SELF_APPROVED}: ${decision.by.name} asked for the run and decided` });
  }
  if (step.adopted === true) {
    found.push({
      kind: 'adopted',
      step: step.path,
      text: 'an operation that was found at the target was adopted as the effect of this step',
    });
  }
  if (step.send > 1 && step.submittedAtMs !== undefined) {
    found.push({
      kind: 'sent_again',
      step: step.path,
      text: `the request was sent ${step.send} times; each time before it was proven that it had had no effect`,
    });
  }
  return found;
}

// A run has one holder at a time: when the worker that writes changes, another one has taken over.
function takeovers(audit: readonly AuditEntry[]): readonly Deviation[] {
  const found: Deviation[] = [];
  let holder: string | undefined;
  for (const entry of audit) {
    if (!entry.actor.startsWith('worker ')) continue;
    if (holder !== undefined && entry.actor !== holder) {
      found.push({ kind: 'takeover', text: `${entry.actor} took the run over from ${holder} (audit entry ${entry.seq})` });
    }
    holder = entry.actor;
  }
  return found;
}

function resolutions(audit: readonly AuditEntry[]): readonly Deviation[] {
  return audit
    .filter((entry) => entry.event.startsWith('step.resolved_'))
    .map((entry) => {
      const path = entry.data['path'];
      const word = entry.event.slice('step.resolved_'.length).replaceAll('_', ' ');
      const text = `it was not known whether the effect happened; a person decided: ${word} (audit entry ${entry.seq})`;
      return typeof path === 'string' ? { kind: 'unknown_resolved', step: path, text } : { kind: 'unknown_resolved', text };
    });
}
