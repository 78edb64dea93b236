import { expect, it } from 'vitest';
import type { EffectAction } from '../../../engine/actions/action.ts';
import { notifySend } from '../../../engine/actions/notify-send.ts';
import { actions } from '../../../engine/actions/registry.ts';
import type { ChannelAnswer, ChannelMessage, Channels } from '../../../engine/ports.ts';
import { actionContext, actionPorts } from '../../support/action-world.ts';

const context = actionContext({ input: { to: 'teams:shop', text: 'The drill has begun.' } }) as never;

function channels(answer: ChannelAnswer, names: readonly string[] = ['teams:shop']): Channels & { readonly messages: ChannelMessage[] } {
  const messages: ChannelMessage[] = [];
  return {
    messages,
    has: (name) => names.includes(name),
    send: (message) => {
      messages.push(message);
      return Promise.resolve(answer);
    },
  };
}

const submitted = (answer: ChannelAnswer): ReturnType<EffectAction['submit']> =>
  notifySend.submit(actionPorts({ channels: channels(answer) }), context);

it('is blind and mild, and takes a channel and a text', () => {
  expect(actions.get('notify.send@1')).toMatchObject({ effect: 'blind', severity: 'mild', target: 'none', timeoutMs: 30_000 });
  for (const to of ['teams:', 'shop', 'https://hooks.example/x', 'teams:a b', 'fax:shop'])
    expect(notifySend.input.safeParse({ to, text: 'x' }).success, to).toBe(false);
  expect(notifySend.input.safeParse({ to: 'mail:ops@shop.example', text: 'x' }).success).toBe(true);
});

it('fails before its intent when the channel is not configured, and names the setting', async () => {
  const none = channels({ kind: 'delivered', status: 200 }, []);
  expect(await notifySend.precheck(actionPorts({ channels: none }), context)).toMatchObject({
    kind: 'failed',
    failure: { kind: 'target', message: expect.stringMatching(/teams:shop is not configured.*nothing was sent.*RUNWARD_CHANNELS_FILE/) },
  });
  const there = channels({ kind: 'delivered', status: 200 });
  expect(await notifySend.precheck(actionPorts({ channels: there }), context)).toEqual({ kind: 'proceed' });
  expect([...none.messages, ...there.messages]).toEqual([]);
});

it('sends one message and is done when the channel took it', async () => {
  const port = channels({ kind: 'delivered', status: 202 });
  expect(await notifySend.submit(actionPorts({ channels: port }), context)).toMatchObject({
    kind: 'completed',
    observations: [{ what: 'Message taken by the channel', data: { channel: 'teams:shop', status: 202 } }],
  });
  expect(port.messages).toEqual([{ channel: 'teams:shop', text: 'The drill has begun.', timeoutMs: 15_000 }]);
  expect(await notifySend.verify(actionPorts({}), context, {})).toEqual({ kind: 'succeeded', result: { changed: true, job: '' } });
});

it('passes on what an answer proves: not sent, refused, or not known', async () => {
  expect(await submitted({ kind: 'not_sent', message: 'ECONNREFUSED', retryAfterMs: 5000 })).toEqual({
    kind: 'not_sent',
    message: 'nothing was sent to teams:shop: ECONNREFUSED',
    retryAfterMs: 5000,
  });
  expect(await submitted({ kind: 'refused', message: 'status 404' })).toMatchObject({ kind: 'refused', failure: { kind: 'target' } });
  expect(await submitted({ kind: 'ambiguous', message: 'status 502' })).toMatchObject({ kind: 'ambiguous' });
});

it('asks a person about a message of unknown fate, and never takes silence for absence', async () => {
  for (const outcome of [await notifySend.find(actionPorts({}), context), await notifySend.poll(actionPorts({}), context, {})])
    expect(outcome).toMatchObject({ kind: 'unclear', message: expect.stringContaining('look there for the text') });
});
