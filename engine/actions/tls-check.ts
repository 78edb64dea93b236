import { z } from 'zod';
import { CHECK_TLS_MS, CHECK_TRANSPORT_MS } from '../limits.ts';
import { timeValue } from '../values.ts';
import type { ActionContext, ActionPorts, Failed, ReadOutcome, Unanswered } from './action.ts';
import { readAction } from './action.ts';
import { checkFromTarget, failedCheck } from './check-from-target.ts';
import { readTlsAnswer, TLS_SCRIPT, type SeenCertificate } from './tls-script.ts';

const DAY_MS = 86_400_000;

const host = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9_:][A-Za-z0-9._:-]*$/, 'must be a name or an address');

const input = z.strictObject({
  host,
  port: z.number().int().min(1).max(65_535).default(443),
  server_name: host.optional().describe('Name that is asked for and that the certificate must carry; without it, host'),
  min_days: z.number().int().min(0).max(3650).default(14).describe('Whole days that the certificate must still be valid for'),
  from: z.enum(['worker', 'target']).default('worker').describe('Who connects: the worker, or the step’s machine with openssl'),
});

type Input = z.infer<typeof input>;

/** Shakes hands with a TLS server, verifies its certificate as any client would, and counts the days that are left. */
export const tlsCheck = readAction<Input>({
  name: 'tls.check@1',
  summary: 'Check that a TLS certificate verifies and does not end soon',
  effect: 'read',
  severity: 'mild',
  target: 'machine-or-none',
  input,
  result: { ok: 'bool', not_after: 'timestamp', days_left: 'int', issuer: 'string', subject: 'string' },
  timeoutMs: CHECK_TLS_MS + CHECK_TRANSPORT_MS,
  permissions: [],
  read: async (ports, context) => {
    const seen = context.input.from === 'worker' ? await lookFromWorker(ports, context) : await lookFromTarget(ports, context);
    if (seen.kind === 'failed' || seen.kind === 'unanswered') return seen;
    return judged(ports.clock.nowMs(), context.input, seen);
  },
});

function judged(nowMs: number, asked: Input, seen: SeenCertificate): ReadOutcome {
  const { host: name, port, min_days: minDays } = asked;
  const head = { host: name, port, from: asked.from };
  if (seen.kind === 'rejected') {
    const result = { ok: false, not_after: null, days_left: null, issuer: null, subject: null };
    const observations = [{ at: nowMs, what: 'TLS certificate', data: { ...head, ok: false, reason: seen.message } }];
    const message = `TLS with ${name}:${port} failed: ${seen.message}`;
    return { kind: 'failed', failure: { kind: 'target', message }, result, observations };
  }
  const daysLeft = Math.floor((seen.notAfterMs - nowMs) / DAY_MS);
  const ok = seen.notAfterMs > nowMs && daysLeft >= minDays;
  const { issuer, subject } = seen;
  const result = { ok, not_after: timeValue(seen.notAfterMs), days_left: daysLeft, issuer, subject };
  const observations = [{ at: nowMs, what: 'TLS certificate', data: { ...head, ...result } }];
  if (ok) return { kind: 'succeeded', result, observations };
  const message = `the certificate of ${name}:${port} is valid for ${daysLeft} more whole days, and min_days is ${minDays}: renew it`;
  return { kind: 'failed', failure: { kind: 'target', message }, result, observations };
}

async function lookFromWorker(ports: ActionPorts, context: ActionContext<Input>): Promise<SeenCertificate | Failed> {
  const { host: name, port } = context.input;
  const question = { host: name, port, serverName: serverNameOf(context.input), timeoutMs: CHECK_TLS_MS };
  const answer = await ports.tls.certificate(question, context.signal);
  switch (answer.kind) {
    case 'verified':
      return answer;
    case 'failed':
      return { kind: 'rejected', message: answer.message };
    case 'not_allowed':
      return { kind: 'failed', failure: { kind: 'denied', message: answer.message } };
  }
}

async function lookFromTarget(ports: ActionPorts, context: ActionContext<Input>): Promise<SeenCertificate | Failed | Unanswered> {
  const { host: name, port } = context.input;
  const ended = await checkFromTarget(ports, context, {
    script: TLS_SCRIPT,
    env: {
      CHECK_HOST: name,
      CHECK_PORT: String(port),
      CHECK_NAME: serverNameOf(context.input),
      CHECK_SECONDS: String(CHECK_TLS_MS / 1000),
    },
    secretNames: [],
    timeoutMs: 2 * CHECK_TLS_MS,
  });
  if (ended.kind !== 'ended') return ended;
  return readTlsAnswer(ended) ?? failedCheck(ended.stderr.trim().split('\n').at(-1) || 'the certificate could not be looked at in time');
}

function serverNameOf(asked: Input): string {
  return asked.server_name ?? asked.host;
}
