import { afterEach, beforeEach, expect, it } from 'vitest';
import { GREET } from './documents.ts';
import type { ServerWorld } from './server-world.ts';
import { makeServerWorld, newKey } from './server-world.ts';

let world: ServerWorld;

beforeEach(async () => {
  world = await makeServerWorld({ RUNWARD_STREAM_MAX: '2' });
  await world.context.projects.publish([GREET]);
  const { id } = (await world.call('POST', '/api/v1/runs', { key: newKey(), body: { runbook: 'greet' } })).body;
  await world.call('POST', '/api/v1/runs/1/cancel', { key: newKey(), body: {} });
  await world.work(id);
});

afterEach(() => world.close());

const stream = async (url: string, headers: Readonly<Record<string, string>> = {}) =>
  await world.call('GET', url, { headers: { accept: 'text/event-stream', ...headers } });

it('an ended run is replayed as the record has it, and closed by its end', async () => {
  const { body } = await world.call('GET', '/api/v1/runs/1/events');
  expect(body.items.length).toBeGreaterThan(1);
  expect(body.items.map((event: { seq: number }) => event.seq)).toEqual(body.items.map((_: unknown, index: number) => index + 1));
  expect(body.next).toBe(body.items.length);

  const { headers, text } = await stream('/api/v1/runs/1/events');
  expect(headers['content-type']).toBe('text/event-stream');
  const frames = body.items.map(
    (event: { seq: number; type: string }) => `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
  );
  expect(text).toBe(`retry: 2000\n\n${frames.join('')}event: end\ndata: {"seq":${body.next},"status":"cancelled"}\n\n`);
});

it('a replay begins after the number in the header, which wins over the one in the address', async () => {
  expect((await stream('/api/v1/runs/1/events?after=1')).text).toContain('\nid: 2\n');
  const { text } = await stream('/api/v1/runs/1/events', { 'last-event-id': '1' });
  expect(text).not.toContain('id: 1\n');
  expect(text).toContain('id: 2\n');
  expect((await stream('/api/v1/runs/1/events?after=0', { 'last-event-id': '1' })).text).not.toContain('id: 1\n');
  expect((await stream('/api/v1/runs/1/events', { 'last-event-id': 'x' })).body.code).toBe('USAGE_QUERY');
});

it('pages of events go on after a number', async () => {
  const { body } = await world.call('GET', '/api/v1/runs/1/events?after=1&limit=1');
  expect([body.items.length, body.items[0].seq, body.next]).toEqual([1, 2, 2]);
  expect((await world.call('GET', '/api/v1/runs/1/events?after=999')).body).toEqual({ items: [], next: 999 });
});

it('streams are counted per principal and given back when they end', async () => {
  const close = [world.context.streams.open('local'), world.context.streams.open('local')];
  const refused = await stream('/api/v1/runs/1/events');
  expect([refused.status, refused.body.code]).toEqual([429, 'LIMIT_RATE']);
  for (const done of close) done();
  expect((await stream('/api/v1/runs/1/events')).status).toBe(200);
});

it('a server that closes ends the streams of runs that go on', async () => {
  await world.call('POST', '/api/v1/runs', { key: newKey(), body: { runbook: 'greet' } });
  const open = stream('/api/v1/runs/2/events');
  await world.close();
  expect((await open).text).not.toContain('event: end');
});
