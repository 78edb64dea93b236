import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRedisStore } from '../../adapters/redis/store.ts';
import { parseConfig } from '../../engine/config.ts';
import type { RunId } from '../../engine/ids.ts';
import type { Store } from '../../engine/store.ts';
import type { RunningServer } from '../../server/serve.ts';
import { startServer } from '../../server/serve.ts';
import { lacks } from '../support/lacks.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { silentLog } from '../support/silent-log.ts';
import { makeServerWorld, workOn } from '../unit/server/server-world.ts';

const SEED = Number(process.env['SEED'] ?? randomInt(1_000_000));
const STEPS = 40;

const MANY = `apiVersion: runward/v1
kind: Runbook
metadata: { name: many, title: Many steps, owner: team-a }
purpose: operations
environment: test
timeout: 1h
steps:
${Array.from({ length: STEPS }, (_, index) => `  - id: step_${index}\n    assert:\n      - that: "1 < 2"\n        message: arithmetic failed\n`).join('')}`;

describe.skipIf(lacks('redis-server'))('events over real HTTP and a real Redis', () => {
  let redis: TestRedis;
  let store: Store;
  let server: RunningServer;
  let ports: Parameters<typeof workOn>[0];

  beforeAll(async () => {
    redis = await startTestRedis();
    store = await openRedisStore({ url: redis.url, log: silentLog });
    const world = await makeServerWorld();
    await world.close();
    const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now(), sleep: pause };
    ports = { ...world.ports, store, clock };
    const config = parseConfig({
      RUNWARD_AZURE_ARM_ENDPOINT: 'https://127.0.0.1:9',
      RUNWARD_PORT: '0',
      RUNWARD_READS_PER_MINUTE: '100000',
    });
    server = await startServer({
      config,
      ports,
      publicKey: world.publicKey,
      version: '0.1.0',
      project: [{ path: 'runbooks/many.yaml', text: MANY }],
    });
  });

  afterAll(async () => {
    await server.close();
    await store.close();
    await redis.stop();
  });

  it(`a client that is cut off again and again has the whole record in the end (seed ${SEED})`, async () => {
    const random = seeded(SEED);
    const runId = await start(server.url);
    const reading = follow(`${server.url}/api/v1/runs/${runId}/events`, () => 50 + Math.floor(random() * 3000));
    await workOn(ports, runId);
    const { events, cuts } = await reading;

    const record = await store.readEvents(runId as RunId, 0, 10_000);
    expect(record.length).toBeGreaterThan(STEPS);
    expect(events.map(({ seq, type, step }) => ({ seq, type, step }))).toEqual(record.map(({ seq, type, step }) => ({ seq, type, step })));
    expect(cuts).toBeGreaterThan(3);
    const run = (await (await fetch(`${server.url}/api/v1/runs/${runId}`)).json()) as { status: string; seq: number };
    expect([run.status, run.seq]).toEqual(['succeeded', record.length]);
  });

  it('a snapshot and the stream after its number leave no hole', async () => {
    const runId = await start(server.url);
    const working = workOn(ports, runId);
    const snapshot = (await (await fetch(`${server.url}/api/v1/runs/${runId}?wait=5s`)).json()) as { seq: number };
    const { events } = await follow(`${server.url}/api/v1/runs/${runId}/events?after=${snapshot.seq}`, () => Infinity);
    await working;
    const record = await store.readEvents(runId as RunId, snapshot.seq, 10_000);
    expect(events.map((event) => event.seq)).toEqual(record.map((event) => event.seq));
  });
});

interface Seen {
  readonly seq: number;
  readonly type: string;
  readonly step?: string;
}

async function start(url: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify({ runbook: 'many' }),
  });
  expect(response.status).toBe(202);
  return ((await response.json()) as { id: string }).id;
}

// Reads a stream to its end; each connection is cut after the given number of characters, in the middle of whatever comes there.
async function follow(url: string, nextCut: () => number): Promise<{ readonly events: readonly Seen[]; readonly cuts: number }> {
  const events: Seen[] = [];
  for (let cuts = 0; ; cuts += 1) {
    const last = events.at(-1)?.seq;
    const headers = { accept: 'text/event-stream', ...(last === undefined ? {} : { 'last-event-id': String(last) }) };
    const text = await readUpTo(await fetch(url, { headers }), nextCut());
    for (const frame of text.split('\n\n').slice(0, -1)) {
      if (frame.includes('event: end')) return { events, cuts };
      const data = /^data: (.*)$/m.exec(frame)?.[1];
      if (data !== undefined) events.push(JSON.parse(data) as Seen);
    }
  }
}

async function readUpTo(response: Response, characters: number): Promise<string> {
  expect(response.status).toBe(200);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return text;
    text += decoder.decode(value, { stream: true });
    if (text.length < characters) continue;
    await reader.cancel();
    return text.slice(0, characters);
  }
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}

// mulberry32, public domain (Tommy Ettinger).
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
