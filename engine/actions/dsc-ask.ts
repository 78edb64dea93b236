import type { Fact, ProbeRequest } from '../dsc/fact.ts';
import { requestKey } from '../dsc/fact.ts';
import { type ProbeAnswer, readProbeAnswer } from '../dsc/probe-frames.ts';
import type { NumberedRequests } from '../dsc/probe-groups.ts';
import { type ProbeLimits, probeScript } from '../dsc/probe-script.ts';
import { attemptName } from '../ids.ts';
import {
  PROBE_ANSWER_MAX_BYTES,
  PROBE_ANSWER_PACKED_MAX_BYTES,
  PROBE_ALONE_MAX,
  PROBE_MANY_MAX_CHARS,
  PROBE_PACKED_MAX_CHARS,
  PROBE_PLAIN_MAX,
  PROBE_REQUESTS_MAX,
  PROBE_SCRIPT_MS,
  PROBE_SCRIPTS_MAX,
  PROBE_SECONDS,
} from '../limits.ts';
import type { Target } from '../target.ts';
import type { ActionContext, ActionPorts, Failed, Unanswered } from './action.ts';
import { askScript, type EndedScript } from './script-attempt.ts';
import { ownEnv } from './script-input.ts';

/** One script of a check: who asked with which nonce, and whether its stream was complete. */
export interface AskedPart {
  readonly nonce: string;
  readonly sealed: boolean;
  readonly uid?: number;
  readonly epochSeconds?: number;
}

/** Everything that one machine told. */
export interface AskedMachine {
  readonly kind: 'asked';
  readonly facts: ReadonlyMap<string, Fact>;
  /** False when what counts in the end came through a stream that was not complete. */
  readonly sealed: boolean;
  readonly parts: readonly AskedPart[];
}

/** For which look of an attempt a machine is asked: the scripts of each have names of their own. */
export type AskPhase = 'check' | 'before' | 'after' | 'found' | 'list';

const MARKS: Readonly<Record<AskPhase, string>> = { check: 'p', before: 'b', after: 'a', found: 'f', list: 'l' };

interface Part {
  readonly requests: NumberedRequests;
  readonly limits: ProbeLimits;
  readonly again: boolean;
}

/**
 * Makes all observations on one machine with one script where its answer fits, and with smaller ones where it does not or came broken.
 * Scripts stay at the target until all are read, so an ask that is repeated after a crash or a slow answer goes on where it was.
 */
export async function askMachine(
  ports: Pick<ActionPorts, 'clock' | 'shell' | 'ids'>,
  context: ActionContext<unknown> & { readonly target: Target },
  about: { readonly requests: readonly ProbeRequest[]; readonly phase: AskPhase },
): Promise<AskedMachine | Failed | Unanswered> {
  const { phase } = about;
  const open = firstParts(about.requests, limitsOf(context.target));
  const facts = new Map<string, Fact>();
  const parts: AskedPart[] = [];
  let sealed = true;
  if (context.attempt > 1) await forget(ports, context, { phase, attempt: context.attempt - 1, parts: 2 });
  for (let part = open.shift(); part !== undefined; part = open.shift()) {
    if (parts.length >= PROBE_SCRIPTS_MAX) {
      settle(facts, part, { state: 'unknown', reason: 'tooBig' });
      continue;
    }
    const asked = await askPart(ports, context, { phase, part, number: parts.length + 1 });
    if (asked.kind !== 'answer') return asked;
    const { answer, ended } = asked;
    parts.push({ nonce: asked.nonce, sealed: answer.sealed, ...headerOf(answer) });
    const smaller = smallerParts(part, answer, ended);
    if (smaller !== undefined) open.push(...smaller);
    else {
      open.push(...doubtfulParts(part, answer));
      for (const [id, request] of part.requests) facts.set(requestKey(request), answer.facts.get(id) ?? missing(answer, ended));
      sealed &&= answer.sealed;
    }
  }
  await forget(ports, context, { phase, attempt: context.attempt, parts: parts.length });
  return { kind: 'asked', facts, sealed, parts };
}

function limitsOf(target: Target): ProbeLimits {
  return target.via === 'run-command'
    ? { compressedMaxChars: PROBE_PACKED_MAX_CHARS, answerMaxBytes: PROBE_ANSWER_PACKED_MAX_BYTES, probeSeconds: PROBE_SECONDS }
    : { answerMaxBytes: PROBE_ANSWER_MAX_BYTES, probeSeconds: PROBE_SECONDS };
}

/** What a shared process left in doubt is asked again with less sharing; until then it is unknown like everything that is not told. */
function doubtfulParts(part: Part, { doubtful }: ProbeAnswer): readonly Part[] {
  return (['kind', 'none'] as const).flatMap((sharing) => {
    const requests = new Map([...part.requests].filter(([id]) => doubtful.get(id) === sharing));
    return cut({ requests, limits: { ...part.limits, sharing }, again: true }, PROBE_ALONE_MAX);
  });
}

function firstParts(requests: readonly ProbeRequest[], limits: ProbeLimits): Part[] {
  const once = [...new Map(requests.map((request) => [requestKey(request), request])).values()];
  const numbered = new Map(once.map((request, index) => [index + 1, request]));
  const whole = { requests: numbered, limits, again: false };
  const isPlain = limits.compressedMaxChars === undefined && numbered.size > PROBE_PLAIN_MAX;
  return cut(isPlain ? { ...whole, limits: { ...limits, compressedMaxChars: PROBE_MANY_MAX_CHARS } } : whole, PROBE_REQUESTS_MAX);
}

function cut(part: Part, size: number): Part[] {
  const entries = [...part.requests];
  const count = Math.ceil(entries.length / Math.max(1, size));
  return Array.from({ length: count }, (_, index) => ({ ...part, requests: new Map(entries.slice(index * size, (index + 1) * size)) }));
}

/** The parts to ask instead: the answer was too long, or its stream was not complete and this was the first try. */
function smallerParts(part: Part, answer: ProbeAnswer, ended: EndedScript): readonly Part[] | undefined {
  const { size } = part.requests;
  if (answer.tooMuchChars !== undefined && size > 1) {
    const pieces = Math.min(size, Math.max(2, Math.ceil((answer.tooMuchChars * 1.2) / (part.limits.compressedMaxChars ?? 1))));
    return cut(part, Math.ceil(size / pieces));
  }
  if (answer.tooMuchChars !== undefined || answer.sealed || part.again || ended.timedOut) return undefined;
  return cut({ ...part, again: true }, Math.ceil(size / 2));
}

function missing(answer: ProbeAnswer, ended: EndedScript): Fact {
  if (answer.tooMuchChars !== undefined) return { state: 'unknown', reason: 'tooBig' };
  if (ended.timedOut) return { state: 'unknown', reason: 'timeout' };
  return { state: 'unknown', reason: answer.facts.size === 0 && answer.uid === undefined ? 'transport' : 'truncated' };
}

function settle(facts: Map<string, Fact>, part: Part, fact: Fact): void {
  for (const request of part.requests.values()) facts.set(requestKey(request), fact);
}

function headerOf({ uid, epochSeconds }: ProbeAnswer): Pick<AskedPart, 'uid' | 'epochSeconds'> {
  return { ...(uid === undefined ? {} : { uid }), ...(epochSeconds === undefined ? {} : { epochSeconds }) };
}

async function askPart(
  ports: Pick<ActionPorts, 'clock' | 'shell' | 'ids'>,
  context: ActionContext<unknown> & { readonly target: Target },
  asked: { readonly phase: AskPhase; readonly part: Part; readonly number: number },
): Promise<
  { readonly kind: 'answer'; readonly answer: ProbeAnswer; readonly ended: EndedScript; readonly nonce: string } | Failed | Unanswered
> {
  const { part, number } = asked;
  const { requests, limits } = part;
  const name = partName(context, { phase: asked.phase, attempt: context.attempt, number });
  // The same for every look at this attempt, and for nothing else: what another script left behind can never be read as its answer.
  const nonce = ports.ids.sha256([name, ...[...requests].map(([id, request]) => `${id} ${requestKey(request)}`)].join('\n')).slice(0, 32);
  const attempt = {
    name,
    shell: 'sh',
    script: probeScript(requests, nonce, limits),
    env: ownEnv(context),
    secretNames: [],
    timeoutMs: PROBE_SCRIPT_MS,
  } as const;
  const ended = await askScript(ports, { target: context.target, attempt, signal: context.signal, keep: true });
  if (ended.kind !== 'ended') return ended;
  return { kind: 'answer', answer: await readProbeAnswer(ended.stdout, { requests, nonce, limits }), ended, nonce };
}

function partName(
  context: ActionContext<unknown>,
  part: { readonly phase: AskPhase; readonly attempt: number; readonly number: number },
): string {
  return `${attemptName(context.stepKey, part.attempt)}-${MARKS[part.phase]}${part.number}`;
}

async function forget(
  ports: Pick<ActionPorts, 'shell'>,
  context: ActionContext<unknown>,
  of: { readonly phase: AskPhase; readonly attempt: number; readonly parts: number },
): Promise<void> {
  for (let number = 1; number <= of.parts; number += 1) {
    await ports.shell.remove(context.target, partName(context, { ...of, number }), context.signal);
  }
}
