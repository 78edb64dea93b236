import { expect, test } from 'vitest';
import type { EffectClass } from '../../../engine/actions/action.ts';
import type { Durability } from '../../../engine/store.ts';
import { leaf, makeRunWorld } from '../../support/run-world.ts';

/** How many tickets the one step of a run took on a store of this tier. */
async function ticketsOf(effect: Exclude<EffectClass, 'read'>, tier: Durability['tier']): Promise<number> {
  const world = await makeRunWorld({ steps: [leaf('change', effect)] });
  const { store, tickets } = world.ports;
  const { create } = tickets;
  let taken = 0;
  Object.assign(store, { tier: () => tier });
  Object.assign(tickets, {
    create: (name: string) => {
      taken += 1;
      return create(name);
    },
  });
  expect((await world.go()).state).toBe('succeeded');
  return taken;
}

test.each([
  ['named', 'gold', 0],
  ['named', 'silver', 1],
  ['named', 'none', 1],
  ['guarded', 'gold', 1],
  ['blind', 'gold', 1],
  ['blind', 'silver', 1],
] as const)('a %s request on a store of tier %s takes %i tickets', async (effect, tier, expected) => {
  expect(await ticketsOf(effect, tier)).toBe(expected);
});
