import { z } from 'zod';
import { CHECK_DNS_MS, CHECK_TRANSPORT_MS } from '../limits.ts';
import type { DnsAnswer } from '../ports.ts';
import type { ActionContext, ActionPorts, Failed, ReadOutcome, Unanswered } from './action.ts';
import { readAction } from './action.ts';
import { checkFromTarget, failedCheck } from './check-from-target.ts';

const input = z.strictObject({
  name: z
    .string()
    .max(253)
    .regex(/^[A-Za-z0-9_*][A-Za-z0-9._-]*$/, 'must be a name'),
  type: z.enum(['A', 'AAAA', 'CNAME', 'MX', 'NS', 'PTR', 'SRV', 'TXT']).default('A'),
  resolver: z
    .string()
    .regex(/^(\d{1,3}(\.\d{1,3}){3}(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$/, {
      message: 'must be the address of a name server, such as 10.0.0.4 or 10.0.0.4:5353',
    })
    .optional()
    .describe('Address of the name server; without it, those of the worker'),
  expect: z
    .array(z.string().min(1))
    .min(1)
    .max(100)
    .optional()
    .describe('The answers, all of them, in any order; without it, any answer will do'),
  from: z
    .enum(['worker', 'target'])
    .default('worker')
    .describe('Who asks: the worker, or the step’s machine with getent (A and AAAA only)'),
});

type Input = z.infer<typeof input>;

/** Asks for the records of a name and compares the answers. From the target, the machine's own resolution answers, file of hosts included. */
export const dnsCheck = readAction<Input>({
  name: 'dns.check@1',
  summary: 'Check that a name resolves as expected',
  effect: 'read',
  severity: 'mild',
  target: 'machine-or-none',
  input,
  result: { ok: 'bool', answers: { list: 'string' }, ttl: 'int' },
  timeoutMs: CHECK_DNS_MS + CHECK_TRANSPORT_MS,
  permissions: [],
  read: async (ports, context) => {
    const seen = context.input.from === 'worker' ? await askFromWorker(ports, context) : await askFromTarget(ports, context);
    return 'kind' in seen ? seen : judged(ports.clock.nowMs(), context.input, seen);
  },
});

interface SeenAnswers {
  readonly answers: readonly string[];
  readonly ttlSeconds?: number;
  /** Why there are none, where more is known than that. */
  readonly message?: string;
}

function judged(nowMs: number, asked: Input, seen: SeenAnswers): ReadOutcome {
  const answers = [...seen.answers].toSorted();
  const message = seen.message ?? problemOf(asked, answers);
  const result = { ok: message === undefined, answers, ttl: seen.ttlSeconds ?? null };
  const data = { name: asked.name, type: asked.type, resolver: asked.resolver ?? null, from: asked.from, ...result };
  const observations = [{ at: nowMs, what: 'DNS answer', data }];
  if (message === undefined) return { kind: 'succeeded', result, observations };
  return { kind: 'failed', failure: { kind: 'target', message }, result, observations };
}

/** A further answer is a problem too: an old address beside the new one still gets its share of the clients. */
function problemOf({ name, type, expect }: Input, answers: readonly string[]): string | undefined {
  if (answers.length === 0) return `${name} has no ${type} record`;
  if (expect === undefined) return undefined;
  const [seen, wanted] = [new Set(answers.map((text) => comparable(type, text))), new Set(expect.map((text) => comparable(type, text)))];
  const same = seen.size === wanted.size && [...wanted].every((text) => seen.has(text));
  return same ? undefined : `${type} of ${name} is ${answers.join(', ')} instead of ${expect.join(', ')}`;
}

/** Names are compared without case and final dot, IPv6 addresses in one form, texts as they are. */
function comparable(type: Input['type'], text: string): string {
  if (type === 'TXT') return text;
  if (type === 'AAAA' && URL.canParse(`http://[${text}]`)) return new URL(`http://[${text}]`).hostname;
  return text.toLowerCase().replace(/\.$/, '');
}

async function askFromWorker(ports: ActionPorts, context: ActionContext<Input>): Promise<SeenAnswers | Failed> {
  const { name, type, resolver } = context.input;
  const server = resolver === undefined ? {} : { resolver };
  const answer: DnsAnswer = await ports.dns.ask({ name, type, ...server, timeoutMs: CHECK_DNS_MS }, context.signal);
  switch (answer.kind) {
    case 'answered':
      return answer.ttlSeconds === undefined ? { answers: answer.answers } : { answers: answer.answers, ttlSeconds: answer.ttlSeconds };
    case 'failed':
      return { answers: [], message: answer.message };
    case 'not_allowed':
      return { kind: 'failed', failure: { kind: 'denied', message: answer.message } };
  }
}

// getent ahostsv6 also lists IPv4 addresses, as mapped ones; code 2 says that the name is not known (getent(1)).
const DNS_SCRIPT = `
if ! command -v getent >/dev/null 2>&1; then
  echo "this machine has no getent, so it cannot be asked what a name resolves to: use from: worker" >&2
  exit 127
fi
limit=
if command -v timeout >/dev/null 2>&1; then limit="timeout $CHECK_SECONDS"; fi
said=$($limit getent "$CHECK_DATABASE" "$CHECK_HOST")
code=$?
case $code in
  0 | 2) ;;
  124) echo "getent had no answer in time" >&2; exit 1 ;;
  *) echo "getent ended with code $code" >&2; exit 1 ;;
esac
printf "%s\\n" "$said" | sed -n "s/^\\([0-9A-Fa-f:.]\\{2,\\}\\) .*/\\1/p" | grep -v -i "^::ffff:" | sort -u
echo done
`;

async function askFromTarget(ports: ActionPorts, context: ActionContext<Input>): Promise<SeenAnswers | Failed | Unanswered> {
  const { name, type, resolver } = context.input;
  if (type !== 'A' && type !== 'AAAA') return failedCheck(`from: target can ask for A and AAAA only, not for ${type}: use from: worker`);
  if (resolver !== undefined) return failedCheck('from: target asks as the machine is configured and takes no resolver: use from: worker');
  const ended = await checkFromTarget(ports, context, {
    script: DNS_SCRIPT,
    env: { CHECK_HOST: name, CHECK_DATABASE: type === 'A' ? 'ahostsv4' : 'ahostsv6', CHECK_SECONDS: String(CHECK_DNS_MS / 1000) },
    secretNames: [],
    timeoutMs: 2 * CHECK_DNS_MS,
  });
  if (ended.kind !== 'ended') return ended;
  const lines = ended.stdout.trim().split(/\s+/);
  if (ended.exitCode !== 0 || ended.timedOut || lines.at(-1) !== 'done')
    return failedCheck(ended.stderr.trim().split('\n').at(-1) || 'the name could not be asked for in time');
  return { answers: lines.slice(0, -1) };
}
