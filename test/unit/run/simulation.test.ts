import { expect, test } from 'vitest';
import { playSeed } from '../../simulation/world.ts';
import { BUGS } from '../../simulation/world-parts.ts';

test.each(BUGS)(
  'the oracle sees the planted bug %s',
  async (bug) => {
    let found = 0;
    for (let seed = 1; seed <= 200 && found === 0; seed += 1) found = (await playSeed(seed, bug)).violations.length;
    expect(found, `no seed up to 200 shows ${bug}`).toBeGreaterThan(0);
  },
  60_000,
);

test('the same seed gives the same history', async () => {
  const [first, second] = [await playSeed(7), await playSeed(7)];
  expect(second.trace).toBe(first.trace);
});

test('a batch of seeds keeps every promise and shows work: most runs succeed, workers die, effects happen', async () => {
  const reports = [];
  for (let seed = 1; seed <= 40; seed += 1) reports.push(await playSeed(seed));
  expect(reports.flatMap(({ seed, violations }) => violations.map(({ what }) => `seed ${seed}: ${what}`))).toEqual([]);
  const states = reports.flatMap(({ states: all }) => all);
  expect(states.filter((state) => state === 'succeeded').length / states.length).toBeGreaterThan(0.6);
  expect(reports.reduce((sum, { crashes }) => sum + crashes, 0)).toBeGreaterThan(20);
  expect(reports.reduce((sum, { effects }) => sum + effects, 0)).toBeGreaterThan(100);
  expect(reports.reduce((sum, { removed }) => sum + removed, 0)).toBeGreaterThan(5);
}, 60_000);
