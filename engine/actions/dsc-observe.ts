import { type Configuration, configure, readConfiguration } from '../dsc/document.ts';
import { type Evidence, evidenceText, verdictOf } from '../dsc/evidence.ts';
import { parameterDigest } from '../dsc/parameter-digest.ts';
import type { Template } from '../dsc/template.ts';
import { isDifference, type Verdict, verdictId, verdictJson } from '../dsc/verdict.ts';
import { canonicalJson, type JsonObject } from '../json.ts';
import type { Finding } from '../language/diagnostics.ts';
import { formatInstant } from '../language/instant.ts';
import type { Target } from '../target.ts';
import { VERSION } from '../version.ts';
import { z } from 'zod';
import type { ActionContext, ActionPorts, Failed, Unanswered } from './action.ts';
import { type AskedMachine, type AskPhase, askMachine } from './dsc-ask.ts';

const PHRASE_MAX = 300;

/** How an action of this family names its document. */
export const documentInput = z
  .string()
  .regex(/^configurations\/[^\\\0]+\.dsc\.(ya?ml|json)$/, 'must be a document such as configurations/web.dsc.yaml')
  .describe('A configuration document of the project; its text is part of the plan');

/** How an action of this family gives its document the values of parameters. */
export const parametersInput = z
  .record(z.string(), z.json())
  .default({})
  .describe('Values of the parameters that the document declares, by name. No secrets: they would be readable in the plan');

/** One look at a machine: its verdict, and the evidence from which anybody can make it again. */
export interface Observed {
  readonly kind: 'observed';
  readonly verdict: Verdict;
  readonly verdictId: string;
  readonly evidence: string;
  readonly evidenceId: string;
}

/** The document of a step and its parameters. */
export interface DocumentChoice {
  readonly document: string;
  readonly parameters: JsonObject;
}

type Context = ActionContext<DocumentChoice>;

/** The machine and the document of a step; or why there is nothing to do with them. */
export function subjectOf(context: Context, what: string): { readonly target: Target; readonly configuration: Configuration } | Failed {
  const { target } = context;
  if (target === undefined || target.via === null) return failed('target', `${what} needs a machine as target`);
  if (target.os === 'windows') return failed('target', `${what} needs a machine with sh; this one runs Windows`);
  const configuration = pinned(context);
  return 'failure' in configuration ? configuration : { target, configuration };
}

/** What was read already, oldest first: a check of a fleet has one document and hundreds of machines, mostly with the same parameters. */
const recent = { templates: new Map<string, Template>(), configurations: new Map<string, Configuration>() };
const RECENT_MAX = 8;

function remember<Known>(known: Map<string, Known>, key: string, value: Known): Known {
  const [oldest] = known.keys();
  if (known.size >= RECENT_MAX && oldest !== undefined) known.delete(oldest);
  known.set(key, value);
  return value;
}

/** The document as the plan holds it, with the parameters of the step; or why it cannot be used. */
export function pinned({ input, configurations }: Pick<Context, 'input' | 'configurations'>): Configuration | Failed {
  const { document: path, parameters } = input;
  const text = configurations?.[path];
  if (text === undefined) {
    return failed('stale_plan', `${path} is not part of this plan: name it in an input of type file, or in the step itself`);
  }
  const key = `${path}\n${canonicalJson(parameters)}\n${text}`;
  const known = recent.configurations.get(key);
  if (known !== undefined) return known;
  const configuration = configured({ path, text }, parameters);
  return 'failure' in configuration ? configuration : remember(recent.configurations, key, configuration);
}

function configured(file: { readonly path: string; readonly text: string }, parameters: JsonObject): Configuration | Failed {
  const template = templateFrom(file);
  if ('failure' in template) return template;
  const made = configure(template, parameters);
  switch (made.kind) {
    case 'configured':
      return made.configuration;
    case 'refused':
      return failed('expression', `${file.path}: ${made.inputs.map(({ name, reason }) => `parameter ${name} ${reason}`).join('; ')}`);
    case 'failed': {
      const [first] = made.findings;
      return failed('expression', `${file.path}:${first?.line ?? 1} has no value with these parameters: ${first?.message ?? ''}`);
    }
  }
}

function templateFrom(file: { readonly path: string; readonly text: string }): Template | Failed {
  const key = `${file.path}\n${file.text}`;
  const known = recent.templates.get(key);
  if (known !== undefined) return known;
  const findings: Finding[] = [];
  const template = readConfiguration(file, findings);
  if (template !== undefined) return remember(recent.templates, key, template);
  return failed('stale_plan', `${file.path} has errors: ${findings[0]?.message ?? ''}`);
}

/** Asks a machine for everything that its document wants to know, and judges the answers. */
export async function observe(
  ports: Pick<ActionPorts, 'clock' | 'shell' | 'ids'>,
  context: Context,
  about: { readonly target: Target; readonly configuration: Configuration; readonly phase: AskPhase },
): Promise<Observed | Failed | Unanswered> {
  const { target, configuration, phase } = about;
  const requests = configuration.instances.flatMap((instance) => instance.type.requests(instance.properties as never));
  const asked = await askMachine(ports, { ...context, target }, { requests, phase });
  return asked.kind === 'asked' ? judged(ports, { target, configuration, asked }) : asked;
}

function judged(
  ports: Pick<ActionPorts, 'clock' | 'ids'>,
  seen: { readonly target: Target; readonly configuration: Configuration; readonly asked: AskedMachine },
): Observed {
  const { target, configuration, asked } = seen;
  const { sha256 } = ports.ids;
  const { sealed, parts, facts } = asked;
  const parameters = parameterDigest(configuration, sha256);
  const given = parameters === undefined ? {} : { parameters };
  const at = { name: target.name, id: target.id, via: target.via };
  const observed: Evidence = { target: at, engine: VERSION, ...given, sealed, parts, facts };
  const evidence = evidenceText(observed);
  const evidenceId = sha256(evidence);
  const verdict = verdictOf(observed, {
    configuration,
    evaluatedAt: formatInstant(collectedAtMs(observed) ?? ports.clock.nowMs()),
    inputs: { document: `sha256:${sha256(configuration.text)}`, evidence: `sha256:${evidenceId}`, engine: VERSION, ...given },
    sha256,
  });
  return { kind: 'observed', verdict, verdictId: verdictId(verdict, sha256), evidence, evidenceId };
}

/** The latest clock that the machine's answers named: verdicts follow what was collected, not when they were made. */
function collectedAtMs({ parts }: Evidence): number | undefined {
  const seconds = parts.flatMap(({ epochSeconds }) => epochSeconds ?? []);
  return seconds.length === 0 ? undefined : Math.max(...seconds) * 1000;
}

/** What is kept of a look in the history of its machine. `set` names instances that runward has set since the look before. */
export function checkOf(observed: Observed, more: { readonly part?: 'before'; readonly set?: readonly string[] } = {}): JsonObject {
  return { verdict: verdictJson(observed.verdict, observed.verdictId), evidence: observed.evidence, ...more };
}

/** One sentence about a machine that is not as desired. */
export function verdictSentence(target: Target, { resources, status, drifted, unknown }: Verdict): string {
  const outcomes = resources.flatMap((resource) => resource.outcomes);
  const first = outcomes.find(isDifference) ?? outcomes.find(({ kind }) => kind === 'unknown');
  return `${target.name} is ${status}: ${drifted} different, ${unknown} not observed; ${first?.phrase ?? ''}`.slice(0, PHRASE_MAX);
}

/** A definite failure of an action of this family. */
export function failed(kind: Failed['failure']['kind'], message: string): Failed {
  return { kind: 'failed', failure: { kind, message } };
}
