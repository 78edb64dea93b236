import { z } from 'zod';
import { CHECK_REQUEST_MS, CHECK_TRANSPORT_MS, SECRET_RETRY_MS } from '../limits.ts';
import type { ActionContext, ActionPorts, Failed, ReadOutcome, Unanswered } from './action.ts';
import { readAction } from './action.ts';
import { checkFromTarget } from './check-from-target.ts';
import { jsonPath, judgeAnswer, type SeenAnswer } from './http-expectation.ts';
import { HTTP_SCRIPT, httpRequestText, readHttpAnswer } from './http-script.ts';

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
const oneLine = z
  .string()
  .max(8192)
  .regex(/^[^\r\n\0]*$/, 'must be one line');
const header = z.union([oneLine, z.strictObject({ secret: z.string().min(1).describe('Reference of the secret that is the value') })]);

const input = z.strictObject({
  url: oneLine.max(2048).refine(isHttpUrl, 'must be an http or https address without user and password'),
  from: z.enum(['worker', 'target']).default('worker').describe('Who asks: the worker, or the step’s machine with curl or wget'),
  method: z.enum(['GET', 'HEAD', 'OPTIONS']).default('GET').describe('Methods that change nothing'),
  headers: z.record(z.string().regex(HEADER_NAME), header).default({}).describe('Text, or { secret: reference }'),
  expect_status: z.number().int().min(100).max(599).default(200),
  expect_text: z.string().min(1).optional().describe('Text that the body must hold'),
  expect_json: z
    .string()
    .refine((path) => jsonPath(path) !== undefined, 'must be a path such as checks.db[0].state')
    .optional(),
  resolve_fresh: z.boolean().default(false).describe('Names are resolved anew for every check; the key says so in the runbook'),
});

type Input = z.infer<typeof input>;

/** Asks an HTTP address and compares the answer. Redirects are not followed. */
export const httpCheck = readAction<Input>({
  name: 'http.check@1',
  summary: 'Check that an HTTP address answers as expected',
  effect: 'read',
  severity: 'mild',
  target: 'machine-or-none',
  input,
  result: { ok: 'bool', status: 'int', duration: 'duration', value: 'string', body: 'string' },
  timeoutMs: CHECK_REQUEST_MS + CHECK_TRANSPORT_MS,
  permissions: [],
  read: async (ports, context) => {
    const headers = await headersOf(ports, context);
    if ('kind' in headers) return headers;
    const seen =
      context.input.from === 'worker'
        ? await askFromWorker(ports, context, headers.values)
        : await askFromTarget(ports, context, headers.values);
    return 'kind' in seen ? seen : judged(ports, context.input, seen);
  },
});

function judged(ports: Pick<ActionPorts, 'clock'>, asked: Input, seen: SeenAnswer & { readonly error?: string }): ReadOutcome {
  const { result, problem } = judgeAnswer(asked, seen);
  const data = { url: asked.url, from: asked.from, status: seen.status, durationMs: Math.round(seen.durationMs) };
  const observations = [{ at: ports.clock.nowMs(), what: 'HTTP answer', data }];
  if (problem === undefined) return { kind: 'succeeded', result, observations };
  return { kind: 'failed', failure: { kind: 'target', message: seen.error ?? problem }, result, observations };
}

type Seen = (SeenAnswer & { readonly error?: string }) | Failed | Unanswered;

async function askFromWorker(ports: ActionPorts, context: ActionContext<Input>, headers: Readonly<Record<string, string>>): Promise<Seen> {
  const { url, method } = context.input;
  const answer = await ports.http.request({ url, method, headers, timeoutMs: CHECK_REQUEST_MS }, context.signal);
  switch (answer.kind) {
    case 'answered':
      return { status: answer.status, body: answer.body, durationMs: answer.durationMs, cut: false };
    case 'failed':
      return { status: 0, body: '', durationMs: answer.durationMs, cut: false, error: answer.message };
    case 'not_allowed':
      return { kind: 'failed', failure: { kind: 'denied', message: answer.message } };
  }
}

async function askFromTarget(ports: ActionPorts, context: ActionContext<Input>, headers: Readonly<Record<string, string>>): Promise<Seen> {
  const { url, method } = context.input;
  const ended = await checkFromTarget(ports, context, {
    script: HTTP_SCRIPT,
    env: {
      CHECK_REQUEST: httpRequestText({ url, method, headers }),
      CHECK_URL: url,
      CHECK_SECONDS: String(CHECK_REQUEST_MS / 1000),
      CHECK_PLAIN: method === 'GET' && Object.keys(headers).length === 0 ? 'yes' : 'no',
    },
    secretNames: ['CHECK_REQUEST'],
    timeoutMs: 2 * CHECK_REQUEST_MS,
  });
  return ended.kind === 'ended' ? readHttpAnswer(ended) : ended;
}

async function headersOf(
  ports: Pick<ActionPorts, 'secrets'>,
  context: ActionContext<Input>,
): Promise<{ readonly values: Readonly<Record<string, string>> } | Failed | Unanswered> {
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(context.input.headers)) {
    if (typeof value === 'string') {
      values[name] = value;
      continue;
    }
    const secret = await ports.secrets.resolve(value.secret, context.signal);
    if (secret.kind === 'unavailable') {
      return {
        kind: 'unanswered',
        message: `the secret for header ${name} cannot be read: ${secret.message}`,
        retryAfterMs: SECRET_RETRY_MS,
      };
    }
    if (/[\r\n\0]/.test(secret.value))
      return { kind: 'failed', failure: { kind: 'expression', message: `the secret for header ${name} is not one line` } };
    values[name] = secret.value;
  }
  return { values };
}

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.username === '' && url.password === '';
}
