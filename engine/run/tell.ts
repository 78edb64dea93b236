import { CHANNEL_SEND_MS, NOTICE_CHARS, NOTICE_RETRY_MS, NOTICE_TRIES } from '../limits.ts';
import type { Holder } from './holder.ts';
import { type Notice, noticesBetween } from './notices.ts';
import type { RunView } from './record.ts';
import type { Engine } from './turn.ts';

/**
 * Tells people what has happened to a run since an earlier look: in its log, in the worker's, and through the channels of the worker. Each
 * event is told by the one process that has stored it, at most once for each channel. Never throws: a notice that does not arrive stops no
 * run, and stands in both logs as a problem of its own. Texts hold what the record holds, so secrets are out of them already.
 */
export async function tell(
  engine: Pick<Engine, 'ports'>,
  holder: Holder,
  news: { readonly before: RunView; readonly after: RunView; readonly signal: AbortSignal },
): Promise<void> {
  const notices = noticesBetween(holder.plan, news.before, news.after);
  const telling = notices.map((notice) => tellOne(engine, holder, { notice, signal: news.signal }));
  for (const told of await Promise.allSettled(telling)) {
    if (told.status === 'rejected') engine.ports.log.warn('a notice was not told', { runId: holder.runId });
  }
}

async function tellOne(
  engine: Pick<Engine, 'ports'>,
  holder: Holder,
  { notice, signal }: { readonly notice: Notice; readonly signal: AbortSignal },
): Promise<void> {
  const { log, channels } = engine.ports;
  const { to, text } = notice;
  const { runId } = holder;
  log.info('notice', { runId, channel: to, text });
  await note(engine, holder, `notice to ${to}: ${text}`);
  if (!channels.has(to)) {
    log.warn('a notice has no channel', { runId, channel: to });
    return note(engine, holder, `the notice to ${to} was not sent: this worker's channelsFile does not name it`);
  }
  const problem = await deliver(engine, notice, signal);
  if (problem === undefined) return;
  log.error('a notice was not delivered', { runId, channel: to, problem });
  await note(engine, holder, `the notice to ${to} did not arrive: ${problem}`);
}

/** Why the message did not arrive, or why nobody knows; undefined when the channel took it. Only what provably was not sent is sent again. */
async function deliver({ ports }: Pick<Engine, 'ports'>, { to, text }: Notice, signal: AbortSignal): Promise<string | undefined> {
  const message = { channel: to, text: text.slice(0, NOTICE_CHARS), timeoutMs: CHANNEL_SEND_MS };
  let problem = '';
  for (let tries = 1; tries <= NOTICE_TRIES && !(tries > 1 && signal.aborted); tries += 1) {
    try {
      // A process that drains still sends what it has to say: the time of the message bounds it.
      const answer = await ports.channels.send(message, new AbortController().signal);
      if (answer.kind === 'delivered') return undefined;
      problem = answer.message;
      if (answer.kind !== 'not_sent') return problem;
      if (tries < NOTICE_TRIES) await ports.clock.sleep(Math.min(answer.retryAfterMs, NOTICE_RETRY_MS), signal);
    } catch {
      return 'the channel failed with an error of its own';
    }
  }
  return problem;
}

async function note({ ports }: Pick<Engine, 'ports'>, holder: Holder, text: string): Promise<void> {
  const line = { atMs: holder.nowMs(), step: 'notify', stream: 'engine', text } as const;
  await ports.store.appendLog(holder.runId, [line]).catch(() => ports.log.warn('a notice was not stored', { runId: holder.runId }));
}
