import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Child } from '../../cli/child-process.ts';
import { makeDice } from '../../adapters/memory/dice.ts';
import { lacks } from '../support/lacks.ts';
import { doubled, startTestStack, type TestStack } from '../support/stack.ts';

const DRILLS = 10;
const KILLS_A_DRILL = 3;
const SEED = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000);

const missing = lacks('redis-server');
let stack: TestStack;

beforeAll(async () => {
  if (!missing) stack = await startTestStack({ scale: 200, leaseMs: 2_000 });
});

afterAll(async () => {
  if (!missing) await stack.stop();
});

test.skipIf(missing)(
  `${DRILLS * KILLS_A_DRILL} kills at random moments of drills (seed ${SEED}): every drill succeeds, every effect is counted once`,
  async () => {
    process.stdout.write(`seed ${SEED}: TEST_SEED=${SEED} plays the same moments\n`);
    const dice = makeDice(SEED);
    let worker: Child = await stack.startWorker();
    for (let drill = 1; drill <= DRILLS; drill += 1) {
      const before = (await stack.ledger()).length;
      const run = await stack.startDrill();
      for (let kill = 1; kill <= KILLS_A_DRILL; kill += 1) {
        // The moment of the kill is the subject of this test: no event can stand in for it.
        await delay(dice.between(50, 2_500));
        worker.kill('SIGKILL');
        await worker.ended;
        worker = await stack.startWorker();
      }
      const end = await stack.ended(run.id, 120_000);
      expect({ drill, status: end.status, reason: end.reason }).toEqual({ drill, status: 'succeeded', reason: undefined });
      const ledger = await stack.ledger();
      expect(doubled(ledger, before), `drill ${drill}`).toEqual([]);
      const failovers = ledger
        .slice(before)
        .filter(({ operation, effect }) => operation === 'ReplicationProtectedItems_TestFailover' && effect === 'started');
      expect(failovers, `test failovers of drill ${drill}`).toHaveLength(10);
      const left = (await stack.machines()).filter(({ name }) => name.endsWith('-test'));
      expect(left, `machines left by drill ${drill}`).toEqual([]);
    }
  },
);
