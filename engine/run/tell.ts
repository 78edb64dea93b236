import type { Holder } from './holder.ts';
import { type Notice, noticesBetween } from './notices.ts';
import type { RunView } from './record.ts';
import { sendNotice } from './send-notice.ts';
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
  const { to, text } = notice;
  await note(engine, holder, `notice to ${to}: ${text}`);
  const problem = await sendNotice(engine, { notice, about: { runId: holder.runId }, signal });
  if (problem !== undefined) await note(engine, holder, problem);
}

async function note({ ports }: Pick<Engine, 'ports'>, holder: Holder, text: string): Promise<void> {
  const line = { atMs: holder.nowMs(), step: 'notify', stream: 'engine', text } as const;
  await ports.store.appendLog(holder.runId, [line]).catch(() => ports.log.warn('a notice was not stored', { runId: holder.runId }));
}
