import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fireOnce } from '../../../engine/schedule/fire.ts';
import { slotRuns } from '../../../server/schedules.ts';
import { GREET } from './documents.ts';
import type { ServerWorld } from './server-world.ts';
import { makeServerWorld, newKey } from './server-world.ts';

const CHECKS = 'shop-drill.readiness-checks';
const DRILL = `apiVersion: runward/v1
kind: Runbook
metadata: { name: shop-drill, title: Drill of the shop, owner: team-shop, labels: { app: shop } }
purpose: drill
environment: test
timeout: 4h
inputs:
  open: { type: boolean, default: true }
  network: { type: string, description: Where the machines come up }
objectives: { rto: 1h, drill_every: 30d, clock: { start: run, stop: works } }
locks: [shop]
concurrency: { group: shop, limit: 1, on_conflict: reject }
readiness:
  every: 10m
  checks:
    - id: is_open
      assert: [{ that: inputs.open, message: the shop is closed }]
    - id: network_known
      assert: [{ that: inputs.network != "", message: no network }]
steps:
  - id: agree
    approval: { by: [group:dba], need: 1, timeout: 2h, message: "drill \${{ inputs.network }}?" }
  - id: works
    assert: [{ that: inputs.open, message: the shop is closed }]
`;

/** Azure with one recovery plan of one machine. */
function onePlan(vault: string) {
  const itemId = `${vault}/replicationFabrics/f/replicationProtectionContainers/c/replicationProtectedItems/item1`;
  const planId = `${vault}/replicationRecoveryPlans/rp`;
  const answers = {
    'sr.plan': { id: planId, name: 'rp', groups: [{ type: 'Boot', itemIds: [itemId] }] },
    'sr.item': { id: itemId, name: 'item1', friendlyName: 'web-01' },
  };
  return { read: ({ kind }: { readonly kind: keyof typeof answers }) => Promise.resolve({ kind: 'found', value: answers[kind] }) };
}

let world: ServerWorld;

beforeEach(async () => {
  world = await makeServerWorld();
});
afterEach(() => world.close());

const publish = async (text: string, path = 'runbooks/shop-drill.yaml') =>
  expect((await world.call('PUT', '/api/v1/runbooks', { body: { files: [{ path, text }] } })).body).not.toHaveProperty('code');
const board = async () => (await world.call('GET', '/api/v1/dr')).body.items;
const checks = async (app = 'shop', name = 'shop-drill') => {
  const { runbooks } = (await world.call('GET', `/api/v1/dr/${app}`)).body;
  return runbooks.find((one: { name: string }) => one.name === name);
};
const checkRuns = async () => (await world.call('GET', '/api/v1/runs?as=readiness')).body.items;

/** Moves the clock to minutes past 09:00 UTC, lets the server look, and a worker do what there is. */
async function at(minutes: number): Promise<void> {
  world.clock.move(Date.UTC(2026, 0, 15, 9) + minutes * 60_000 + 1_000 - world.clock.nowMs());
  await fireOnce(world.ports, slotRuns(world.context));
  for (const { id, status } of await checkRuns()) if (status === 'queued') await world.work(id);
}

describe('readiness checks on their own', () => {
  it('are made in every period without approval, locks and a place in the group, and change nothing', async () => {
    await publish(DRILL);
    await at(11);
    const [run] = await checkRuns();
    expect(run).toMatchObject({
      runbook: 'shop-drill',
      purpose: 'readiness',
      status: 'succeeded',
      requester: { name: `schedule ${CHECKS}` },
    });
    const { steps } = (await world.call('GET', `/api/v1/runs/${run.id}`)).body;
    expect(steps.map(({ path, status }: { path: string; status: string }) => [path, status])).toEqual([['readiness/is_open', 'succeeded']]);
    expect((await world.call('GET', '/api/v1/runs')).body.items).toEqual([]);

    await at(21);
    await at(21);
    expect(await checkRuns()).toHaveLength(2);
    const { past } = (await world.call('GET', `/api/v1/schedules/${CHECKS}/slots`)).body;
    expect(past.map(({ slot, outcome }: { slot: string; outcome: string }) => [slot, outcome])).toEqual([
      ['2026-01-15T09:20:00.000Z', 'run'],
      ['2026-01-15T09:10:00.000Z', 'run'],
    ]);
  });

  it('are left out while a run holds machines of the recovery plan; what was known before stays known', async () => {
    const vault = '/subscriptions/6f1c1b5e-0000-4000-8000-00000000a001/resourceGroups/rg/providers/Microsoft.RecoveryServices/vaults/rsv';
    Object.assign(world.ports, { azure: onePlan(vault) });
    const source = 'recovery_plan: { subscription: 6f1c1b5e-0000-4000-8000-00000000a001, resource_group: rg, vault: rsv, name: rp }';
    await publish(DRILL.replace('locks: [shop]', `targets:\n  shop: { ${source}, max: 9 }`));
    await at(11);
    expect((await checks()).checks[0]).toMatchObject({ state: 'passed' });

    await world.context.projects.publish([GREET]);
    const { body: holder } = await world.call('POST', '/api/v1/runs', { key: newKey(), body: { runbook: 'greet' } });
    await world.ports.store.lock([`${vault}/replicationprotecteditems/item1`.toLowerCase()], holder.id);
    await at(21);
    expect(await checkRuns()).toHaveLength(1);
    const { past } = (await world.call('GET', `/api/v1/schedules/${CHECKS}/slots`)).body;
    expect(past[0]).toMatchObject({ outcome: 'skipped', reason: expect.stringContaining(`run ${holder.number} of greet holds machines`) });
    expect((await checks()).checks[0]).toMatchObject({ state: 'passed' });

    await world.ports.store.unlock([`${vault}/replicationprotecteditems/item1`.toLowerCase()], holder.id);
    await at(31);
    expect(await checkRuns()).toHaveLength(2);
  });

  it('say what each check found; one whose input nobody gives is unknown, and so is the application', async () => {
    await publish(DRILL);
    expect(await checks()).toMatchObject({
      ready: 'unknown',
      everyMs: 600_000,
      checks: [
        { check: 'is_open', state: 'unknown', message: 'it was not made yet' },
        { check: 'network_known', state: 'unknown', message: expect.stringContaining('input network has no default') },
      ],
    });
    await at(11);
    const { ready, checks: made } = await checks();
    expect(ready).toBe('unknown');
    expect(made[0]).toMatchObject({ state: 'passed', run: 1, at: expect.any(String) });
  });

  it('use the inputs on which the schedules of the runbook agree', async () => {
    const schedule = (id: string, network: string) =>
      `    - { id: ${id}, cron: "0 9 1 * *", timezone: UTC, inputs: { network: ${network} } }\n`;
    await publish(`${DRILL}triggers:\n  schedules:\n${schedule('first', 'drill')}${schedule('second', 'drill')}`);
    await at(11);
    expect(await checks()).toMatchObject({ ready: 'ready', checks: [{ state: 'passed' }, { state: 'passed' }] });
    await publish(`${DRILL}triggers:\n  schedules:\n${schedule('first', 'drill')}${schedule('second', 'other')}`);
    await at(21);
    expect(await checks()).toMatchObject({ ready: 'unknown', checks: [{ state: 'passed' }, { state: 'unknown' }] });
  });

  it('that fail make the application not ready, with the reason', async () => {
    await publish(DRILL.replace('default: true', 'default: false'));
    await at(11);
    expect(await checks()).toMatchObject({
      ready: 'not_ready',
      checks: [{ state: 'failed', message: expect.stringContaining('the shop is closed') }, { state: 'unknown' }],
    });
    expect((await board())[0].ready).toBe('not_ready');
  });

  it('are unknown once their last answer is older than twice their period', async () => {
    await publish(DRILL);
    await at(11);
    world.clock.move(20 * 60_000 + 60_000);
    const { ready, checks: made } = await checks();
    expect(ready).toBe('unknown');
    expect(made[0]).toMatchObject({ state: 'unknown', message: expect.stringContaining('too old') });
  });

  it('are unknown when the newest period could not even be planned', async () => {
    await publish(DRILL);
    await at(11);
    const scoped = DRILL.replace('steps:', 'vars: { bad: "${{ int(inputs.open ? 1 : 0) / 0 }}" }\nsteps:');
    await publish(scoped);
    await at(21);
    expect((await checks()).checks[0]).toMatchObject({ state: 'unknown', message: expect.stringContaining('no run was started: RW312') });
  });

  it('that were changed since they were made are unknown until they are made again', async () => {
    await publish(DRILL);
    await at(11);
    await publish(DRILL.replace('that: inputs.open,', 'that: inputs.open == true,'));
    expect((await checks()).checks[0]).toMatchObject({ state: 'unknown', message: 'it was changed since it was made' });
    await publish(`# moved by a comment\n${DRILL}`);
    expect((await checks()).checks[0]).toMatchObject({ state: 'passed' });
  });

  it('are made up for once after a long time in which nobody looked, and never stop for a person', async () => {
    await publish(DRILL);
    await at(60 * 24 * 7);
    expect((await world.call('GET', `/api/v1/schedules/${CHECKS}`)).body.state).toBe('active');
    const { past } = (await world.call('GET', `/api/v1/schedules/${CHECKS}/slots`)).body;
    expect(past[0].outcome).toBe('run');
    expect(past.length).toBeLessThan(4);
    expect(past.at(-1)).toMatchObject({ slot: '2026-01-15T09:10:00.000Z', reason: expect.stringContaining('stands for every slot') });
  });

  it('start no run of their runbook when their schedule is triggered by hand', async () => {
    await publish(DRILL);
    const answer = await world.call('POST', `/api/v1/schedules/${CHECKS}/trigger`, { key: newKey(), body: {} });
    expect([answer.status, answer.body.code]).toEqual([409, 'CONFLICT_STATE']);
    expect(await checkRuns()).toEqual([]);
  });
});

describe('readiness checks asked for by a person', () => {
  it('are made now, with the inputs that person gives, once for a key', async () => {
    await publish(DRILL);
    const ask = (key: string, inputs: object) => world.call('POST', '/api/v1/dr/shop/readiness', { key, body: { inputs } });
    const key = newKey();
    const first = await ask(key, { network: 'drill', unrelated: 1 });
    expect([first.status, first.body.refused, first.body.runs.length]).toEqual([202, [], 1]);
    expect((await ask(key, { network: 'drill', unrelated: 1 })).body.runs[0].id).toBe(first.body.runs[0].id);
    expect((await ask(key, { network: 'other' })).body.code).toBe('CONFLICT_IDEMPOTENCY_MISMATCH');
    await world.work(first.body.runs[0].id);
    expect(await checks()).toMatchObject({ ready: 'ready', checks: [{ state: 'passed' }, { state: 'passed' }] });
  });

  it('need the permission to plan, for every runbook of the application', async () => {
    await world.close();
    world = await makeServerWorld({ RUNWARD_AUTH: 'token' });
    const admin = await world.token('root', ['author', 'operator']);
    await world.call('PUT', '/api/v1/runbooks', { token: admin, body: { files: [{ path: 'runbooks/shop-drill.yaml', text: DRILL }] } });
    const viewer = await world.token('vera', ['viewer']);
    const other = await world.token('otto', ['operator'], { scope: { runbook: 'mail-*', environment: '*' } });
    const ask = (token: string) => world.call('POST', '/api/v1/dr/shop/readiness', { token, key: newKey(), body: {} });
    expect((await ask(viewer)).status).toBe(403);
    expect([(await ask(other)).status, (await world.call('GET', '/api/v1/dr/shop', { token: other })).status]).toEqual([404, 404]);
    expect((await world.call('GET', '/api/v1/dr', { token: other })).body.items).toEqual([]);
    expect((await ask(admin)).status).toBe(202);
  });
});
