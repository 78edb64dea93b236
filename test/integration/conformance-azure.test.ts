import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SANDBOX_GROUP, SANDBOX_SUBSCRIPTION, sandboxEstate } from '../support/sandbox-estate.ts';
import type { RunningSimulator } from '../support/simulator.ts';
import { startSimulator } from '../support/simulator.ts';
import { runward } from '../support/command-line.ts';

const SCALE = 600;
let honest: RunningSimulator;
let planted: RunningSimulator;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'runward-conformance-'));
  writeFileSync(join(folder, 'secret'), 'demo-only', { mode: 0o600 });
  const flags = ['--scale', String(SCALE), '--estate', sandboxEstate()];
  // E11: a client request id that was seen before starts nothing.
  [honest, planted] = await Promise.all([startSimulator(flags), startSimulator([...flags, '--plant', 'E11'])]);
});
afterAll(async () => {
  await Promise.all([honest.stop(), planted.stop()]);
  rmSync(folder, { recursive: true });
});

const account = (region: string): string => `${groupOf(SANDBOX_GROUP)}/providers/Microsoft.Storage/storageAccounts/st${region}`;
const groupOf = (name: string): string => `/subscriptions/${SANDBOX_SUBSCRIPTION}/resourceGroups/${name}`;

function ask({ ready }: RunningSimulator, ...args: readonly string[]) {
  return runward(['conformance', 'azure', '--subscription', SANDBOX_SUBSCRIPTION, ...args], folder, {
    RUNWARD_AZURE_ARM_ENDPOINT: ready.endpoint,
    RUNWARD_AZURE_AUTHORITY_HOST: ready.authorityHost,
    RUNWARD_AZURE_CA_FILE: ready.caFile,
    RUNWARD_AZURE_TENANT_ID: ready.tenantId,
    RUNWARD_AZURE_CLIENT_ID: ready.clientId,
    RUNWARD_AZURE_CLIENT_SECRET_FILE: join(folder, 'secret'),
    RUNWARD_AZURE_TIME_SCALE: String(SCALE),
    RUNWARD_AZURE_REPLICATION_CACHE: ['westeurope', 'northeurope'].map((region) => `${region}=${account(region)}`).join(','),
    RUNWARD_AZURE_RESTORE_STAGING: `westeurope=${account('westeurope')}`,
  });
}

const effects = async (simulator: RunningSimulator) => (await simulator.ledger()).filter(({ effect }) => effect === 'started').length;
const verdictsOf = (stdout: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (JSON.parse(stdout) as { verdicts: readonly { id: string; verdict: string }[] }).verdicts.map(({ id, verdict }) => [id, verdict]),
  );

test('by default it prints what it would send, what that costs, and sends nothing', async () => {
  const { stdout, stderr, exit } = await ask(honest, '--group', SANDBOX_GROUP, '--scenario', 'power', '--report', join(folder, 'none'));
  expect([exit, await effects(honest)]).toEqual([0, 0]);
  expect(stdout).toMatch(/power +minutes of one machine +10 to 20 minutes +PUT of the machine/);
  expect(stderr).toContain('nothing was sent');
});

test('a group without the tag is left alone', async () => {
  const { stderr, exit } = await ask(honest, '--group', 'rg-real', '--scenario', 'power', '--report', join(folder, 'none'), '--yes');
  expect([exit, await effects(honest)]).toEqual([2, 0]);
  expect(stderr).toContain('lacks the tag runward-conformance=yes');
});

test('one verdict a row, the machine runs as before, and the traffic names nobody', async () => {
  const report = join(folder, 'report');
  const all = ['read', 'network', 'power', 'script', 'backup', 'restore'].flatMap((name) => ['--scenario', name]);
  const { stdout, stderr, exit } = await ask(honest, '--group', SANDBOX_GROUP, ...all, '--report', report, '--yes', '-o', 'json');
  expect(stderr).not.toContain('stopped:');
  expect(verdictsOf(stdout)).toMatchObject({
    U1: 'not_run',
    U4: 'confirmed',
    U5: 'confirmed',
    U7: 'confirmed',
    U8: 'confirmed',
    U10: 'confirmed',
    U11: 'confirmed',
    U19: 'confirmed',
    U20: 'confirmed',
    U14: 'confirmed',
    U15: 'confirmed',
    U16: 'not_run',
  });
  // The simulator stops the script of a run command that is deleted: the engine takes the other for true, which is the safe side.
  expect(verdictsOf(stdout)['U13']).toBe('refuted');
  expect(stdout).toContain('on the safe side: a script whose run command was deleted is still taken for one that may have gone on');
  expect(exit).toBe(0);
  const disks = (await honest.control('cost')) as object;
  expect(JSON.stringify(disks)).not.toMatch(/osdisk-\d|rw-conformance/);
  const vm = (await honest.ledger())
    .filter(({ operation }) => /VirtualMachines_(Start|Deallocate)/.test(operation))
    .map(({ operation }) => operation);
  expect(vm.at(-1)).toBe('VirtualMachines_Start');
  const traffic = readFileSync(join(report, 'traffic.json'), 'utf8');
  expect((JSON.parse(traffic) as readonly unknown[]).length).toBeGreaterThan(20);
  for (const name of [
    'probe-vm',
    'rsv-sandbox',
    SANDBOX_GROUP,
    'ann',
    SANDBOX_SUBSCRIPTION,
    'Bearer',
    'demo-only',
    'sleep ',
    '127.40.1.11',
  ])
    expect([name, traffic.includes(name)]).toEqual([name, false]);
  expect(traffic).toContain('Microsoft.Compute/virtualMachines/name-');
  expect(readFileSync(join(report, 'report.json'), 'utf8')).toContain('"kind": "ConformanceReport"');
});

test('an Azure that drops a second request with the same id is found out', async () => {
  const { stdout, exit } = await ask(
    planted,
    '--group',
    SANDBOX_GROUP,
    '--scenario',
    'power',
    '--report',
    join(folder, 'planted'),
    '--yes',
    '-o',
    'json',
  );
  expect(exit).toBe(1);
  expect(verdictsOf(stdout)).toMatchObject({ U5: 'refuted', U10: 'confirmed', U13: 'not_run' });
});

const DR = groupOf(`${SANDBOX_GROUP}-dr`);
const RECOVERY = [
  '--group',
  SANDBOX_GROUP,
  '--scenario',
  'asr',
  '--plan',
  `${DR}/providers/Microsoft.RecoveryServices/vaults/rsv-sandbox-dr/replicationRecoveryPlans/rp-sandbox`,
  '--network',
  `${DR}/providers/Microsoft.Network/virtualNetworks/vnet-drill`,
  '--yes',
  '-o',
  'json',
];
const CONSENT = ['--confirm', SANDBOX_GROUP, '--reason', 'first look'];

test('the way to the other region and back needs the name of the group, and leaves the machine where it was', async () => {
  const report = join(folder, 'asr');
  const refused = await ask(planted, ...RECOVERY, '--report', report);
  expect([refused.exit, await recoveries(planted)]).toEqual([2, []]);
  const { stdout, stderr } = await ask(planted, ...RECOVERY, '--report', report, ...CONSENT);
  expect(stderr).not.toMatch(/stopped:|LEFT BEHIND/);
  expect(verdictsOf(stdout)).toMatchObject({ U2: 'confirmed', U3: 'confirmed', U6: 'confirmed', U9: 'confirmed', U18: 'confirmed' });
  const traffic = readFileSync(join(report, 'traffic.json'), 'utf8');
  for (const name of ['probe-vm', 'rsv-sandbox', 'rp-sandbox', SANDBOX_GROUP, SANDBOX_SUBSCRIPTION, 'stwesteurope'])
    expect([name, traffic.includes(name)]).toEqual([name, false]);
  expect(await recoveries(planted)).toEqual([
    'ReplicationRecoveryPlans_TestFailover',
    'ReplicationRecoveryPlans_TestFailoverCleanup',
    ...Array.from({ length: 2 }, () => [
      'ReplicationRecoveryPlans_UnplannedFailover',
      'ReplicationRecoveryPlans_FailoverCommit',
      'ReplicationProtectionContainers_SwitchProtection',
    ]).flat(),
  ]);
});

test('a drill that fails is cleaned up, and nothing is moved', async () => {
  const fault = {
    match: { operation: 'ReplicationRecoveryPlans_TestFailover' },
    when: 'duringJob',
    do: { failJob: { code: 'AllocationFailed' } },
    times: 1,
  };
  await honest.control('faults', { method: 'POST', body: fault });
  await honest.control('faults', {
    method: 'POST',
    body: { match: { operation: 'ReplicationRecoveryPlans_UnplannedFailover' }, when: 'before', do: { forbidden: true }, times: 1 },
  });
  const { stdout, exit } = await ask(honest, ...RECOVERY, '--report', join(folder, 'broken'), ...CONSENT);
  expect(exit).toBe(1);
  expect(verdictsOf(stdout)).toMatchObject({ U9: 'not_run' });
  expect(await recoveries(honest)).not.toContain('ReplicationProtectionContainers_SwitchProtection');
});

const recoveries = async (simulator: RunningSimulator): Promise<readonly string[]> =>
  (await simulator.ledger())
    .filter(({ effect, operation }) => effect === 'started' && operation.startsWith('Replication'))
    .map(({ operation }) => operation);
