import { z } from 'zod';
import type { JsonValue } from '../json.ts';
import { CHECK_CONNECT_MS, CHECK_TRANSPORT_MS } from '../limits.ts';
import { durationValue } from '../values.ts';
import type { ActionContext, ActionPorts, Failed, ReadOutcome, Unanswered } from './action.ts';
import { readAction } from './action.ts';
import { checkFromTarget, failedCheck } from './check-from-target.ts';

const input = z.strictObject({
  host: z
    .string()
    .max(253)
    .regex(/^[A-Za-z0-9_:%][A-Za-z0-9._:%-]*$/, 'must be a name or an address'),
  port: z.number().int().min(1).max(65_535),
  from: z.enum(['worker', 'target']).default('worker').describe('Who connects: the worker, or the step’s machine'),
});

type Input = z.infer<typeof input>;

/** Opens a TCP connection and closes it again. */
export const tcpCheck = readAction<Input>({
  name: 'tcp.check@1',
  summary: 'Check that a TCP port is open',
  effect: 'read',
  severity: 'mild',
  target: 'machine-or-none',
  input,
  result: { open: 'bool', duration: 'duration' },
  timeoutMs: CHECK_CONNECT_MS + CHECK_TRANSPORT_MS,
  permissions: [],
  read: async (ports, context) => {
    const seen = context.input.from === 'worker' ? await connectFromWorker(ports, context) : await connectFromTarget(ports, context);
    return 'kind' in seen ? seen : judged(ports, context.input, seen);
  },
});

interface SeenPort {
  readonly open: boolean;
  /** Absent where the machine has no clock that is fine enough. */
  readonly durationMs?: number;
  readonly message: string;
}

function judged(ports: Pick<ActionPorts, 'clock'>, asked: Input, seen: SeenPort): ReadOutcome {
  const duration: JsonValue = seen.durationMs === undefined ? null : durationValue(Math.round(seen.durationMs));
  const result = { open: seen.open, duration };
  const data = { host: asked.host, port: asked.port, from: asked.from, open: seen.open };
  const observations = [{ at: ports.clock.nowMs(), what: 'TCP connection', data }];
  if (seen.open) return { kind: 'succeeded', result, observations };
  return { kind: 'failed', failure: { kind: 'target', message: seen.message }, result, observations };
}

async function connectFromWorker(ports: ActionPorts, context: ActionContext<Input>): Promise<SeenPort | Failed> {
  const { host, port } = context.input;
  const answer = await ports.http.connect(host, port, CHECK_CONNECT_MS, context.signal);
  switch (answer.kind) {
    case 'answered':
      return { open: true, durationMs: answer.durationMs, message: '' };
    case 'failed':
      return { open: false, durationMs: answer.durationMs, message: `port ${port} of ${host} is not open: ${answer.message}` };
    case 'not_allowed':
      return { kind: 'failed', failure: { kind: 'denied', message: answer.message } };
  }
}

/*
 * nc (some have no -z), otherwise the /dev/tcp of bash, otherwise curl: nearly every machine has one of them. The telnet of curl
 * waits for the other side until its time is over, so it comes last; a connection time above zero means that it was open.
 */
const TCP_SCRIPT = `
now() {
  date +%s%N 2>/dev/null
}
begin=$(now)
open=
if command -v nc >/dev/null 2>&1; then
  said=$(nc -z -w "$CHECK_SECONDS" "$CHECK_HOST" "$CHECK_PORT" 2>&1 >/dev/null) && open=yes || open=no
  case $said in *[Uu]sage* | *"nvalid option"*) open= ;; esac
fi
if [ -z "$open" ] && command -v bash >/dev/null 2>&1 && command -v timeout >/dev/null 2>&1; then
  timeout "$CHECK_SECONDS" bash -c ": 3<>/dev/tcp/\\$CHECK_HOST/\\$CHECK_PORT" >/dev/null 2>&1 && open=yes || open=no
fi
if [ -z "$open" ] && command -v curl >/dev/null 2>&1; then
  host=$CHECK_HOST
  case $host in *:*) host="[$host]" ;; esac
  took=$(curl -s -g -o /dev/null --connect-timeout "$CHECK_SECONDS" --max-time "$CHECK_SECONDS" -w "%{time_connect}" "telnet://$host:$CHECK_PORT" </dev/null)
  case $took in "" | 0 | 0.000000 | 0,000000) open=no ;; *) open=yes ;; esac
fi
if [ -z "$open" ]; then
  echo "this machine has no nc, bash or curl that can open a connection" >&2
  exit 127
fi
echo "$open $begin $(now)"
`;

async function connectFromTarget(ports: ActionPorts, context: ActionContext<Input>): Promise<SeenPort | Failed | Unanswered> {
  const { host, port } = context.input;
  const ended = await checkFromTarget(ports, context, {
    script: TCP_SCRIPT,
    env: { CHECK_HOST: host, CHECK_PORT: String(port), CHECK_SECONDS: String(CHECK_CONNECT_MS / 1000) },
    secretNames: [],
    timeoutMs: 3 * CHECK_CONNECT_MS,
  });
  if (ended.kind !== 'ended') return ended;
  const [open, begin = '', end = ''] = ended.stdout.trim().split(' ');
  if (open !== 'yes' && open !== 'no') return failedCheck(ended.stderr.trim().split('\n').at(-1) ?? 'the check could not be made');
  const message = `port ${port} of ${host} is not open`;
  // A date without nanoseconds prints the letter N.
  if (!/^\d{17,20}$/.test(begin) || !/^\d{17,20}$/.test(end)) return { open: open === 'yes', message };
  return { open: open === 'yes', durationMs: Number(BigInt(end) - BigInt(begin)) / 1e6, message };
}
