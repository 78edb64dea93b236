import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeDice } from '../../adapters/memory/dice.ts';
import { lacks } from '../support/lacks.ts';
import { type ShippedStage, startShippedStage } from '../support/shipped-stage.ts';
import { effects, kill, outcome, ownings, troublesAtOnce } from '../support/shipped-troubles.ts';
import { until } from '../support/until.ts';

const KILLS = Number(process.env['KILL_MOMENTS'] ?? 2);
// A day with many kills must last long enough for them.
const SCALE = KILLS > 2 ? 5 : 300;
const WITHIN_MS = 120_000 + 20_000 * KILLS;
const SEED = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000);
const SET_RULES = 'NetworkSecurityGroups_CreateOrUpdate';
const RULES = '/subscriptions/6f1c1b5e-0000-4000-8000-00000000a001/resourceGroups/rg-edge/providers/Microsoft.Insights/metricAlerts';

const TROUBLES = troublesAtOnce({ effects: [SET_RULES], kills: KILLS, seed: SEED });
const missing = lacks('redis-server');

describe.skipIf(missing).each(TROUBLES)('a game day, with %s', (_name, trouble) => {
  let stage: ShippedStage;
  let inputs: Readonly<Record<string, string>>;

  beforeAll(async () => {
    stage = await startShippedStage({ scale: SCALE, leaseMs: 3_000 });
    // The second number of the shop's addresses is another one where several simulators run on one computer.
    const network = new URL(stage.shop).hostname.split('.').slice(0, 2).join('.');
    inputs = {
      app_range: `${network}.2.0/24`,
      db_range: `${network}.3.0/24`,
      front_page: `${stage.shop}/`,
      orders: `${stage.shop}/orders`,
    };
    await stage.arm(trouble.faults);
  });
  afterAll(async () => stage.stop());

  const status = (url: string): Promise<number> =>
    fetch(url, { headers: { connection: 'close' } }).then(
      (answer) => answer.status,
      () => 0,
    );
  const perform = async (more: Readonly<Record<string, string>> = {}) =>
    stage.people.attend(await stage.people.start('gameday-network', { ...inputs, ...more }), { withinMs: WITHIN_MS });

  test('a tier that is cut off is missed, its alert fires and ends, and the rules are as before', { timeout: WITHIN_MS }, async () => {
    const before = await stage.world();
    const app = before.machines.find(({ name }) => name === 'app-01')?.address ?? '';
    expect(await status(`http://${app}:8081/healthz`), 'the tier before').toBe(200);
    const looking = until(async () =>
      (await stage.ledger()).some(({ operation, effect }) => operation === SET_RULES && effect === 'started'),
    ).then(() => Promise.all([`${stage.shop}/`, `${stage.shop}/orders`, `http://${app}:8081/healthz`].map(status)));
    let over = false;
    const working = perform().finally(() => (over = true));
    const killing = kill(stage, makeDice(SEED), { times: trouble.kills ?? 0, isOver: () => over });
    const [run, killed, during] = await Promise.all([working, killing, looking]);

    expect(outcome(run)).toEqual({ status: 'succeeded', steps: { 'finally/leave_nothing': 'skipped' } });
    expect(killed, 'how many workers were killed').toBe(trouble.kills ?? 0);
    expect(during, 'front page, orders and the tier itself while it was cut off').toEqual([200, 503, 0]);
    expect(run.objectives?.rto?.verdict).toBe('met');
    const after = await stage.world();
    expect(after.securityGroups).toEqual(before.securityGroups);
    expect(after.alerts.filter(({ name }) => name === 'shop-orders-failing')).toEqual([
      expect.objectContaining({ resolvedMs: expect.any(Number) }),
    ]);
    expect(effects(await stage.ledger())).toEqual({ [SET_RULES]: 2 });
    expect(ownings(after)).toEqual(ownings(before));
    expect(await status(`http://${app}:8081/healthz`), 'the tier afterwards').toBe(200);
    expect(await stage.stack.control('doubles')).toEqual({ doubles: [] });
    expect(await stage.heldLocks(), 'locks that are still held').toEqual([]);
    expect(await stage.wrongEvidence(run)).toBeUndefined();
  });

  test('nothing is cut off for a rule that nobody knows', { timeout: WITHIN_MS }, async () => {
    const sent = (await stage.ledger()).length;
    const performed = perform({ alert: `${RULES}/no-such-rule` });
    await expect(performed).rejects.toThrow(/alert_quiet failed .*the alert rule does not exist/);
    expect((await stage.ledger()).slice(sent)).toEqual([]);
  });
});
