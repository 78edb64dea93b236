import { z } from 'zod';
import { CHANNEL_SEND_MS, NOTICE_TIMEOUT_MS, QUIET_MS } from '../limits.ts';
import type { ActionContext, ActionPorts, FindOutcome, PrecheckOutcome, SubmitOutcome } from './action.ts';
import { effectAction } from './action.ts';

const input = z.strictObject({
  to: z
    .string()
    .regex(/^(teams|slack|mail|pager|webhook):[A-Za-z0-9._@+-]{1,100}$/, 'must be a channel, such as teams:shop')
    .describe('Channel: kind:name, as the worker’s channels file names it'),
  text: z.string().min(1).max(4000),
});

type Context = ActionContext<z.infer<typeof input>>;

const CANNOT_TELL = 'a channel does not tell which messages it has taken: look there for the text, then resolve the step';

/** Sends one message to a channel. Blind: a webhook gives no mark to look for, and the same text twice is two messages. */
export const notifySend = effectAction<z.infer<typeof input>>({
  name: 'notify.send@1',
  summary: 'Send a message to a channel; sent at most once',
  effect: 'blind',
  severity: 'mild',
  target: 'none',
  input,
  result: { changed: 'bool', adopted: 'bool', job: 'string' },
  timeoutMs: NOTICE_TIMEOUT_MS,
  permissions: [],
  quietMs: QUIET_MS,
  precheck,
  submit,
  find,
  poll: async () => ({ kind: 'unclear', message: CANNOT_TELL, candidates: [] }),
  // Reached only after the channel has said that it took the message; there is nothing further to read.
  verify: async () => ({ kind: 'succeeded', result: { changed: true, job: '' } }),
});

async function precheck(ports: ActionPorts, { input: asked }: Context): Promise<PrecheckOutcome> {
  if (ports.channels.has(asked.to)) return { kind: 'proceed' };
  const message = `channel ${asked.to} is not configured on this worker and nothing was sent: name it in the file of the setting channelsFile (RUNWARD_CHANNELS_FILE)`;
  return { kind: 'failed', failure: { kind: 'target', message } };
}

async function submit(ports: ActionPorts, { input: asked, signal }: Context): Promise<SubmitOutcome> {
  const { to, text } = asked;
  const answer = await ports.channels.send({ channel: to, text, timeoutMs: CHANNEL_SEND_MS }, signal);
  switch (answer.kind) {
    case 'delivered': {
      const observations = [
        { at: ports.clock.nowMs(), what: 'Message taken by the channel', data: { channel: to, status: answer.status } },
      ];
      return { kind: 'completed', observations };
    }
    case 'not_sent':
      return { ...answer, message: `nothing was sent to ${to}: ${answer.message}` };
    case 'refused':
      return { kind: 'refused', failure: { kind: 'target', message: `${to} did not take the message: ${answer.message}` } };
    case 'ambiguous':
      return { kind: 'ambiguous', message: `whether ${to} took the message is not known: ${answer.message}` };
  }
}

async function find(): Promise<FindOutcome> {
  return { kind: 'unclear', message: CANNOT_TELL, candidates: [] };
}
