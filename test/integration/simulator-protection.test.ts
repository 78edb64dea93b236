import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SR, VM, closeLook } from './simulator-plants.ts';
import type { CloseLook, Json } from './simulator-plants.ts';

// What a person may do about protection besides failing over: another point, an end, a new beginning.
const VAULT = ['rsv-dr-weu', 'rg-dr-weu'] as const;
const SITE = 'asr-a2a-default-westeurope';
const PLACE = [...VAULT, SITE, `${SITE}-container`] as const;
let look: CloseLook;

beforeAll(async () => {
  look = await closeLook(['--isolation', 'none']);
});
afterAll(async () => look.simulator.stop());

const items = () => look.azure.siteRecovery.replicationProtectedItems;
const item = async (name: string): Promise<Json> => (await items().get(...PLACE, name)).properties;
/** Lets time go on, a minute of Azure's at a time, until something holds. */
const comes = async (condition: () => Promise<boolean>): Promise<void> => {
  while (!(await condition())) await look.move(1000);
};
const allows = async (name: string, word: string): Promise<boolean> => (await item(name)).allowedOperations.includes(word);
const machines = async (): Promise<readonly Json[]> => ((await look.simulator.control('world')) as Json).machines;
const recovered = async (name: string): Promise<Json> =>
  (await machines()).find((each) => each.name === name && each.group === 'rg-shop-neu');
const markOf = async (name: string): Promise<string> => readFileSync(join((await recovered(name)).root, 'var/lib/mark'), 'utf8');
const mark = (name: string, text: string): Promise<unknown> =>
  look.simulator.control(`machines/${name}/files/var/lib/mark`, { method: 'PUT', body: text });
const refusal = { statusCode: 400, code: 'SiteRecoveryOperationFailed' };
const failover = { properties: { sourceSiteOperations: 'Required', providerSpecificDetails: { instanceType: 'A2A' as const } } };
const changed = (recoveryPointId: string) => ({
  properties: { recoveryPointId, providerSpecificDetails: { instanceType: 'A2A' as const } },
});
const listedNames = async (): Promise<readonly (string | undefined)[]> => {
  const names = [];
  for await (const each of items().list(...VAULT)) names.push(each.name);
  return names;
};
/** Submits something and gives its job once that has ended. */
const ended = async (order: () => Promise<unknown>): Promise<Json> => {
  await order();
  const id = (await look.simulator.ledger()).at(-1)?.jobId ?? '';
  const job = async (): Promise<Json> => (await look.azure.siteRecovery.replicationJobs.get(...VAULT, id)).properties;
  await comes(async () => !['NotStarted', 'InProgress', 'Cancelling'].includes((await job()).state));
  return job();
};

test('before its commit a failover can be given another point: the machine boots from the files of that one', async () => {
  const name = 'app-04';
  await mark(name, 'early');
  await look.move(7000);
  const [early] = (await look.get(`${look.drill.itemPath(name)}/recoveryPoints?${SR}`)).value as readonly Json[];
  await mark(name, 'late');
  await expect(items().beginApplyRecoveryPoint(...PLACE, name, changed(early.id))).rejects.toMatchObject(refusal);
  await items().beginUnplannedFailover(...PLACE, name, failover);
  await comes(() => allows(name, 'ChangePit'));
  expect(await markOf(name)).toBe('late');
  const before = await recovered(name);

  await expect(items().beginApplyRecoveryPoint(...PLACE, name, changed(`${early.id}x`))).rejects.toMatchObject({ statusCode: 404 });
  await items().beginApplyRecoveryPoint(...PLACE, name, changed(early.id));
  await expect(items().beginApplyRecoveryPoint(...PLACE, name, changed(early.id))).rejects.toMatchObject(refusal);
  await expect(items().beginFailoverCommit(...PLACE, name)).rejects.toMatchObject(refusal);
  await look.move(1000);
  const [line] = await look.started(`${name}/applyRecoveryPoint`);
  expect((await look.azure.siteRecovery.replicationJobs.get(...VAULT, line?.jobId ?? '')).properties).toMatchObject({
    scenarioName: 'ChangeRecoveryPoint',
    state: 'InProgress',
    tasks: [{ state: 'Succeeded' }, { state: 'InProgress' }, { state: 'NotStarted' }, { state: 'NotStarted' }],
  });
  await comes(() => allows(name, 'ChangePit'));
  const after = await recovered(name);
  expect([await markOf(name), after.vmId, after.address, after.boots]).toEqual(['early', before.vmId, before.address, before.boots + 1]);
  expect(after.services).toEqual(before.services);
  expect((await item(name)).failoverRecoveryPointId.toLowerCase()).toBe(early.id.toLowerCase());

  expect(await ended(() => items().beginApplyRecoveryPoint(...PLACE, name, changed(early.id)))).toMatchObject({ state: 'Succeeded' });
  expect(await ended(() => items().beginFailoverCommit(...PLACE, name))).toMatchObject({ state: 'Succeeded' });
  await expect(items().beginApplyRecoveryPoint(...PLACE, name, changed(early.id))).rejects.toMatchObject(refusal);
  expect((await look.started(`${name}/applyRecoveryPoint`)).length).toBe(2);
  expect(await look.simulator.control('doubles')).toEqual({ doubles: [] });
});

test('a change of the point fails when the machine was deleted meanwhile, and what was is left', async () => {
  const name = 'web-03';
  await items().beginUnplannedFailover(...PLACE, name, failover);
  await comes(() => allows(name, 'ChangePit'));
  const [point] = (await look.get(`${look.drill.itemPath(name)}/recoveryPoints?${SR}`)).value as readonly Json[];
  await look.azure.raw('DELETE', `${look.vm(name).replace('rg-shop-weu', 'rg-shop-neu')}?${VM}`);
  await look.move(2000);
  expect(await ended(() => items().beginApplyRecoveryPoint(...PLACE, name, changed(point.id)))).toMatchObject({
    state: 'Failed',
    errors: [{ taskId: 'ShutdownVmTask' }],
    allowedActions: ['Restart'],
  });
  expect(await allows(name, 'ChangePit')).toBe(true);
});

test('disabled protection takes the item away, from lists later, and leaves the machines', async () => {
  const name = 'batch-01';
  const end = { properties: { disableProtectionReason: 'NotSpecified' } };
  await look.drill.tested(name);
  await expect(items().beginDelete(...PLACE, name, end)).rejects.toMatchObject(refusal);
  await look.drill.cleanup(name);
  await expect(items().beginDelete(...PLACE, name, end)).rejects.toMatchObject(refusal);
  await comes(() => allows(name, 'DisableProtection'));
  await items().beginDelete(...PLACE, name, end);
  await expect(items().beginDelete(...PLACE, name, end)).rejects.toMatchObject(refusal);
  expect([(await item(name)).allowedOperations, (await item(name)).currentScenario.scenarioName]).toEqual([[], 'DisableDr']);
  const late = { match: { resource: name }, do: { listLag: 60 } };
  await look.simulator.control('faults', { method: 'POST', body: late });
  await comes(async () =>
    items()
      .get(...PLACE, name)
      .then(
        () => false,
        (error) => error.statusCode === 404,
      ),
  );
  expect(await listedNames()).toContain(name);
  await comes(async () => !(await listedNames()).includes(name));
  await expect(items().beginDelete(...PLACE, name, end)).rejects.toMatchObject({ statusCode: 404 });
  expect((await machines()).filter((each) => each.name === name)).toMatchObject([{ group: 'rg-shop-weu', power: 'running' }]);

  // Deleted is deleted: asked for once more there is nothing to do.
  await items().beginPurge(...PLACE, name);
  expect((await look.simulator.ledger()).at(-1)).toMatchObject({ status: 204, effect: 'none' });
});

test('what was disabled is in no plan any more', async () => {
  const plan = async (): Promise<Json> => (await look.get(`${look.drill.vaultPath}/replicationRecoveryPlans/rp-shop?${SR}`)).properties;
  const members = async (): Promise<number> => (await plan()).groups.flatMap((group: Json) => group.replicationProtectedItems).length;
  expect(await members()).toBe(10);
  expect(await ended(() => items().beginPurge(...PLACE, 'web-04'))).toMatchObject({ state: 'Succeeded' });
  expect(await members()).toBe(9);
});
