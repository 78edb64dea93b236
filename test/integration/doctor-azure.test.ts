import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningSimulator } from '../support/simulator.ts';
import { startSimulator } from '../support/simulator.ts';
import { runward } from '../support/command-line.ts';
import { azureOf } from './azure-drive.ts';

let simulator: RunningSimulator;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'runward-doctor-'));
  writeFileSync(join(folder, 'secret'), 'demo-only', { mode: 0o600 });
  simulator = await startSimulator(['--scale', '600', '--principal', 'site-recovery-operator']);
});
afterAll(async () => {
  await simulator.stop();
  rmSync(folder, { recursive: true });
});

test('what the doctor says of the built-in role is what then happens', async () => {
  const { ready } = simulator;
  const vault = `/subscriptions/${ready.subscriptionId}/resourceGroups/rg-dr-weu/providers/Microsoft.RecoveryServices/vaults/rsv-dr-weu`;
  const { stdout, exit } = await runward(['doctor', 'azure', '--scope', vault, '--action', 'asr.plan.commit', '-o', 'json'], folder, {
    RUNWARD_AZURE_ARM_ENDPOINT: ready.endpoint,
    RUNWARD_AZURE_AUTHORITY_HOST: ready.authorityHost,
    RUNWARD_AZURE_CA_FILE: ready.caFile,
    RUNWARD_AZURE_TENANT_ID: ready.tenantId,
    RUNWARD_AZURE_CLIENT_ID: ready.clientId,
    RUNWARD_AZURE_CLIENT_SECRET_FILE: join(folder, 'secret'),
  });
  const { checks } = JSON.parse(stdout) as {
    readonly checks: readonly { readonly status: string; readonly check: string; readonly detail: string }[];
  };
  expect(checks.filter(({ check }) => check === 'rights')).toEqual([
    expect.objectContaining({ status: 'ok', detail: expect.stringContaining('for asr.plan.commit@1, all granted') }),
    expect.objectContaining({
      status: 'warn',
      detail: expect.stringContaining(
        'followed by its job alone, not by its operation as well: Microsoft.RecoveryServices/vaults/replicationOperationStatus/read',
      ),
    }),
  ]);
  expect(exit).toBe(0);

  const azure = azureOf(simulator);
  const signal = new AbortController().signal;
  const plan = await azure.read({ kind: 'sr.plan', planId: `${vault}/replicationRecoveryPlans/rp-shop` }, signal);
  expect(plan.kind).toBe('found');
  const vmId = `/subscriptions/${ready.subscriptionId}/resourceGroups/rg-shop-weu/providers/Microsoft.Compute/virtualMachines/web-01`;
  expect((await azure.read({ kind: 'vm.get', vmId }, signal)).kind).toBe('denied');
  const group = `/subscriptions/${ready.subscriptionId}/resourceGroups/rg-shop-weu`;
  expect((await azure.read({ kind: 'auth.permissions', scope: group }, signal)).kind).not.toBe('unanswered');
});
