import { z } from 'zod';
import { RUN_COMMAND_RIGHTS } from '../azure-rights.ts';
import { isDifference } from '../dsc/verdict.ts';
import type { JsonObject } from '../json.ts';
import { readAction } from './action.ts';
import { checkOf, documentInput, failed, observe, type Observed, parametersInput, subjectOf, verdictSentence } from './dsc-observe.ts';
import { recordDrift } from './dsc-record.ts';

const TIMEOUT_MS = 300_000;
const FINDINGS_MAX = 100;
const PHRASE_MAX = 300;

const input = z.strictObject({
  document: documentInput,
  parameters: parametersInput,
  engine: z.enum(['auto', 'agentless']).default('auto').describe('Both ask the machine with a shell script; nothing is installed'),
  fail_on: z
    .array(z.enum(['drifted', 'unknown']))
    .max(2)
    .default(['drifted', 'unknown'])
    .describe('States in which the step fails; a machine that cannot be reached always fails'),
});

/** Compares one machine with a configuration document. What was not observed is unknown and never compliant. */
export const dscTest = readAction<z.infer<typeof input>>({
  name: 'dsc.test@1',
  summary: 'Check a machine against a configuration document',
  effect: 'read',
  severity: 'mild',
  target: 'machine',
  input,
  result: {
    status: 'string',
    drifted: 'int',
    unknown: 'int',
    max_severity: 'string',
    verdict: 'string',
    findings: { list: 'dyn' },
    evidence: 'string',
  },
  timeoutMs: TIMEOUT_MS,
  permissions: RUN_COMMAND_RIGHTS,
  read: async (ports, context) => {
    const subject = subjectOf(context, 'a drift check');
    if ('kind' in subject) return subject;
    const observed = await observe(ports, context, { ...subject, phase: 'check' });
    if (observed.kind !== 'observed') return observed;
    const { verdict } = observed;
    const result = resultOf(observed);
    const check = checkOf(observed);
    const observations = [
      { at: ports.clock.nowMs(), what: 'Drift check', data: { ...result, findings: verdict.drifted + verdict.unknown } },
    ];
    const bad = context.input.fail_on.find((status) => status === verdict.status);
    if (bad === undefined) return { kind: 'succeeded', result, observations, check };
    return { ...failed('target', verdictSentence(subject.target, verdict)), result, observations, check };
  },
  record: recordDrift,
});

function resultOf({ verdict, verdictId, evidenceId }: Observed): JsonObject {
  const findings = verdict.resources.flatMap((resource) =>
    resource.outcomes
      .filter((outcome) => isDifference(outcome) || outcome.kind === 'unknown')
      .map(({ path, kind, code, phrase }) => ({
        resource: resource.id,
        path,
        kind,
        code,
        severity: resource.severity,
        phrase: phrase.slice(0, PHRASE_MAX),
      })),
  );
  return {
    status: verdict.status,
    drifted: verdict.drifted,
    unknown: verdict.unknown,
    max_severity: verdict.maxSeverity,
    verdict: `sha256:${verdictId}`,
    findings: findings.slice(0, FINDINGS_MAX),
    evidence: `sha256:${evidenceId}`,
  };
}
