import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Walker } from '../support/simulator-walk.ts';
import { startWalker } from '../support/simulator-walk.ts';

// The same estate, seed, requests and clock steps give the same world. `npm run walks` walks a hundred times and more.
const SEEDS = 6;
let walker: Walker;
beforeAll(async () => {
  walker = await startWalker();
});
afterAll(() => walker.stop());

test(`${SEEDS} random walks, each twice: the same seed comes to the same world, another one to another`, async () => {
  const first = Number.parseInt(process.env['RUNWARD_WALK_SEED'] ?? String(Date.now() % 1_000_000), 10);
  const digests = new Set<string>();
  for (let seed = first; seed < first + SEEDS; seed += 1) {
    const once = await walker.walk(seed);
    expect(await walker.walk(seed), `seed ${seed}: repeat with RUNWARD_WALK_SEED=${seed}`).toBe(once);
    digests.add(once);
  }
  expect(digests.size, `seeds from ${first}`).toBe(SEEDS);
});
