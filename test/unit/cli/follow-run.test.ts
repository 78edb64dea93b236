import { expect, test } from 'vitest';
import type { ApiClient, ApiEvent } from '../../../cli/api-client.ts';
import { followRun } from '../../../cli/follow-run.ts';
import { liveScreen } from '../../../cli/live-screen.ts';
import type { RunSummary } from '../../../engine/run/summary.ts';
import { drill } from './drill.ts';

const event = (seq: number, data: ApiEvent['data']): ApiEvent => ({ seq, at: '2026-11-24T09:02:11.482Z', type: 'runward.run.moved', data });

type Client = Pick<ApiClient, 'get' | 'events'>;

function clientOf(
  snapshots: readonly RunSummary[],
  events: readonly ApiEvent[],
): { readonly client: Client; readonly asked: readonly string[] } {
  const asked: string[] = [];
  const left = [...snapshots];
  return {
    asked,
    client: {
      get: async <Answer>(path: string) => {
        asked.push(path);
        return (left.length > 1 ? left.shift() : left[0]) as Answer;
      },
      async *events(run, after) {
        asked.push(`events of ${run} after ${after}`);
        yield* events;
      },
    },
  };
}

const follow = async (client: Client): Promise<readonly string[]> => {
  const seen: string[] = [];
  for await (const { model, event: one } of followRun(client, '142', new AbortController().signal))
    seen.push(`${one?.seq ?? 'snapshot'} ${model.run.status}`);
  return seen;
};

test('the stream begins where the snapshot ends, and the last word is a snapshot', async () => {
  const ended: RunSummary = { ...drill, status: 'succeeded', seq: 58 };
  const { client, asked } = clientOf([drill, ended], [event(57, { state: 'waiting' }), event(58, { state: 'succeeded' })]);
  expect(await follow(client)).toEqual(['snapshot running', '57 waiting', '58 succeeded', 'snapshot succeeded']);
  expect(asked).toEqual(['/runs/142', `events of ${drill.id} after 56`, `/runs/${drill.id}`]);
});

test('a run that has ended has no stream', async () => {
  const { client, asked } = clientOf([{ ...drill, status: 'failed' }], []);
  expect(await follow(client)).toEqual(['snapshot failed']);
  expect(asked).toEqual(['/runs/142']);
});

test('a live screen paints over its own lines, says nothing twice and gives the cursor back', () => {
  let text = '';
  const screen = liveScreen({ write: (more) => (text += more), isTTY: true });
  screen.paint(['a', 'b']);
  screen.paint(['a', 'b']);
  screen.paint(['c']);
  screen.end();
  expect(text.replaceAll(String.fromCodePoint(27), '^')).toBe('^[?25la^[K\nb^[K\n^[J^[2Ac^[K\n^[J^[?25h');
});
