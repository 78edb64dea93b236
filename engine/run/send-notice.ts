import { CHANNEL_SEND_MS, NOTICE_CHARS, NOTICE_RETRY_MS, NOTICE_TRIES } from '../limits.ts';
import type { Ports } from '../ports.ts';
import type { Notice } from './notices.ts';

/** What sending touches. */
export interface NoticePorts {
  readonly ports: Pick<Ports, 'log' | 'channels' | 'clock'>;
}

/**
 * Sends one notice and answers what a reader must know when it did not arrive; undefined when the channel took it. `about` names in the log
 * what it is about. A notice that does not arrive is an error in the log of the process: somebody relies on it. Never throws.
 */
export async function sendNotice(
  { ports }: NoticePorts,
  { notice, about, signal }: { readonly notice: Notice; readonly about: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const { log, channels } = ports;
  const { to, text } = notice;
  log.info('notice', { ...about, channel: to, text });
  if (!channels.has(to)) {
    log.warn('a notice has no channel', { ...about, channel: to });
    return `the notice to ${to} was not sent: this worker's channelsFile does not name it`;
  }
  const problem = await deliver({ ports }, notice, signal);
  if (problem === undefined) return undefined;
  log.error('a notice was not delivered', { ...about, channel: to, problem });
  return `the notice to ${to} did not arrive: ${problem}`;
}

/** Why the message did not arrive, or why nobody knows; undefined when the channel took it. Only what provably was not sent is sent again. */
async function deliver({ ports }: NoticePorts, { to, text }: Notice, signal: AbortSignal): Promise<string | undefined> {
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
