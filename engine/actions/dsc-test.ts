import { z } from 'zod';
import { type Configuration, readConfiguration } from '../dsc/document.ts';
import { factsOf } from '../dsc/fact.ts';
import { isDifference, makeVerdict, type Verdict, verdictId, verdictJson } from '../dsc/verdict.ts';
import { canonicalJson, type JsonObject } from '../json.ts';
import type { Finding } from '../language/diagnostics.ts';
import { formatInstant } from '../language/instant.ts';
import type { Target } from '../target.ts';
import { VERSION } from '../version.ts';
import type { ActionContext, ActionPorts, Failed, ReadOutcome } from './action.ts';
import { readAction } from './action.ts';
import { type AskedMachine, askMachine } from './dsc-ask.ts';
import { recordDrift } from './dsc-record.ts';

const TIMEOUT_MS = 300_000;
const FINDINGS_MAX = 100;
const PHRASE_MAX = 300;

const input = z.strictObject({
  document: z
    .string()
    .regex(/^configurations\/[^\\\0]+\.dsc\.(ya?ml|json)$/, 'must be a document such as configurations/web.dsc.yaml')
    .describe('A configuration document of the project; its text is part of the plan'),
  engine: z.enum(['auto', 'agentless']).default('auto').describe('Both ask the machine with a shell script; nothing is installed'),
  fail_on: z
    .array(z.enum(['drifted', 'unknown']))
    .max(2)
    .default(['drifted', 'unknown'])
    .describe('States in which the step fails; a machine that cannot be reached always fails'),
});

type Input = z.infer<typeof input>;

/** Compares one machine with a configuration document. What was not observed is unknown and never compliant. */
export const dscTest = readAction<Input>({
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
  permissions: ['Microsoft.Compute/virtualMachines/runCommands/*'],
  read: async (ports, context) => {
    const { target } = context;
    if (target === undefined || target.via === null) return failed('target', 'a drift check needs a machine as target');
    if (target.os === 'windows') return failed('target', 'a drift check needs a machine with sh; this one runs Windows');
    const configuration = pinned(context);
    if (typeof configuration === 'string') return failed('stale_plan', configuration);
    const requests = configuration.instances.flatMap((instance) => instance.type.requests(instance.properties as never));
    const asked = await askMachine(ports, { ...context, target }, requests);
    return asked.kind === 'asked' ? judged(ports, context, { target, configuration, asked }) : asked;
  },
  record: recordDrift,
});

/** Documents that were read already: a check of a fleet has one document and hundreds of machines. Oldest first. */
const recent = new Map<string, Configuration>();
const RECENT_MAX = 8;

function pinned(context: ActionContext<Input>): Configuration | string {
  const path = context.input.document;
  const text = context.configurations?.[path];
  if (text === undefined) return `${path} is not part of this plan: name it in an input of type file, or in the step itself`;
  const key = `${path}\n${text}`;
  const known = recent.get(key);
  if (known !== undefined) return known;
  const findings: Finding[] = [];
  const configuration = readConfiguration({ path, text }, findings);
  if (configuration === undefined) return `${path} has errors: ${findings[0]?.message ?? ''}`;
  const [oldest] = recent.keys();
  if (recent.size >= RECENT_MAX && oldest !== undefined) recent.delete(oldest);
  recent.set(key, configuration);
  return configuration;
}

interface Checked {
  readonly target: Target;
  readonly configuration: Configuration;
  readonly asked: AskedMachine;
}

function judged(ports: Pick<ActionPorts, 'clock' | 'ids'>, context: ActionContext<Input>, checked: Checked): ReadOutcome {
  const { target, configuration, asked } = checked;
  const { sha256 } = ports.ids;
  const evidence = canonicalJson({
    target: { name: target.name, id: target.id, via: target.via },
    engine: VERSION,
    sealed: asked.sealed,
    parts: asked.parts,
    facts: Object.fromEntries(asked.facts),
  });
  const evidenceId = sha256(evidence);
  const verdict = makeVerdict({
    configuration,
    facts: factsOf(asked.facts),
    sealed: asked.sealed,
    target: target.name,
    evaluatedAt: formatInstant(collectedAtMs(asked) ?? ports.clock.nowMs()),
    inputs: { document: `sha256:${sha256(configuration.text)}`, evidence: `sha256:${evidenceId}`, engine: VERSION },
    sha256,
  });
  const id = verdictId(verdict, sha256);
  const result = resultOf(verdict, id, evidenceId);
  const check = { verdict: verdictJson(verdict, id), evidence };
  const observations = [{ at: ports.clock.nowMs(), what: 'Drift check', data: { ...result, findings: verdict.drifted + verdict.unknown } }];
  const bad = context.input.fail_on.find((status) => status === verdict.status);
  if (bad === undefined) return { kind: 'succeeded', result, observations, check };
  return { kind: 'failed', failure: { kind: 'target', message: sentence(target, verdict) }, result, observations, check };
}

/** The latest clock that the machine's answers named: verdicts follow what was collected, not when they were made. */
function collectedAtMs(asked: AskedMachine): number | undefined {
  const seconds = asked.parts.flatMap(({ epochSeconds }) => epochSeconds ?? []);
  return seconds.length === 0 ? undefined : Math.max(...seconds) * 1000;
}

function resultOf(verdict: Verdict, id: string, evidenceId: string): JsonObject {
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
    verdict: `sha256:${id}`,
    findings: findings.slice(0, FINDINGS_MAX),
    evidence: `sha256:${evidenceId}`,
  };
}

function sentence(target: Target, verdict: Verdict): string {
  const outcomes = verdict.resources.flatMap((resource) => resource.outcomes);
  const first = outcomes.find(isDifference) ?? outcomes.find(({ kind }) => kind === 'unknown');
  return `${target.name} is ${verdict.status}: ${verdict.drifted} different, ${verdict.unknown} not observed; ${first?.phrase ?? ''}`.slice(
    0,
    PHRASE_MAX,
  );
}

function failed(kind: Failed['failure']['kind'], message: string): Failed {
  return { kind: 'failed', failure: { kind, message } };
}
