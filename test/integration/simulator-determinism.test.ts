import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VM, closeLook } from './simulator-plants.ts';
import type { CloseLook } from './simulator-plants.ts';

// The same estate, seed, requests and clock steps give the same world. A walk is random requests and faults, made from its seed alone.
const SEEDS = 6;
const STEPS = 12;
const ITEMS = ['web-01', 'web-02', 'app-01', 'db-01', 'db-02', 'jump-01'];
let look: CloseLook;

beforeAll(async () => {
  look = await closeLook(['--isolation', 'none']);
  await look.simulator.control('snapshot', { method: 'POST', body: { name: 'start' } });
});
afterAll(async () => look.simulator.stop());

/** Numbers in [0, 1) that follow from a seed. */
function numbers(seed: number): () => number {
  let count = 0;
  return () => {
    count += 1;
    return createHash('sha256').update(`${seed}:${count}`).digest().readUIntBE(0, 6) / 2 ** 48;
  };
}

const FAULTS = [
  { when: 'before', do: { status: 503 }, probability: 0.2 },
  { when: 'after', do: { status: 500 }, probability: 0.2 },
  { when: 'instead', do: { lateEffect: 90, answer: 'timeout' }, probability: 0.3 },
] as const;

/** Walks from the start, and gives a digest of the world it has come to. */
async function walk(seed: number): Promise<string> {
  const { simulator, drill, vm, move } = look;
  await simulator.control('restore', { method: 'POST', body: { name: 'start' } });
  await simulator.control('seed', { method: 'POST', body: { seed } });
  const next = numbers(seed);
  const pick = <Value>(from: readonly Value[]): Value => from[Math.floor(next() * from.length)] as Value;
  const identified = (step: number): { readonly requestId: string } => ({
    requestId: `dddddddd-0000-4000-8000-${String(step).padStart(12, '0')}`,
  });
  for (let step = 0; step < STEPS; step += 1) {
    const item = pick(ITEMS);
    const deeds: readonly (() => Promise<unknown>)[] = [
      () => drill.test(item, identified(step)),
      () => drill.cleanup(item, identified(step)),
      () =>
        look.azure.raw('POST', `${vm(item)}/${pick(['start', 'deallocate', 'restart'])}?${VM}`, {
          headers: { 'x-ms-client-request-id': identified(step).requestId },
        }),
      () => simulator.control('faults', { method: 'POST', body: { match: { operation: '*', resource: `/${item}/` }, ...pick(FAULTS) } }),
      () => simulator.control(`machines/${item}/files/var/lib/mark`, { method: 'PUT', body: String(next()) }),
    ];
    await pick(deeds)();
    await move(Math.floor(next() * 3000));
  }
  const seen = [await simulator.control('world'), await simulator.control('faults'), await simulator.ledger()];
  return createHash('sha256').update(JSON.stringify(seen)).digest('hex');
}

test(`${SEEDS} random walks, each twice: the same seed comes to the same world, another one to another`, async () => {
  const first = Number.parseInt(process.env['RUNWARD_WALK_SEED'] ?? String(Date.now() % 1_000_000), 10);
  const digests = new Set<string>();
  for (let seed = first; seed < first + SEEDS; seed += 1) {
    const once = await walk(seed);
    expect(await walk(seed), `seed ${seed}: repeat with RUNWARD_WALK_SEED=${seed}`).toBe(once);
    digests.add(once);
  }
  expect(digests.size, `seeds from ${first}`).toBe(SEEDS);
});
