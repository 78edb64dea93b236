import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../adapters/system/clock.ts';
import { actions } from '../../engine/actions/registry.ts';
import type { Azure } from '../../engine/azure-calls.ts';
import { loadDocuments } from '../../engine/language/load.ts';
import { makePlan } from '../../engine/plan/plan.ts';
import { memoryPorts } from '../support/memory-ports.ts';
import { type RunningSimulator, startSimulator } from '../support/simulator.ts';
import { azureOf, SIMULATOR_FLAGS } from './azure-drive.ts';
import { type PlanRun, planRuns } from './step-run.ts';

let simulator: RunningSimulator;
let azure: Azure;
let groups: string;
const never = new AbortController().signal;

beforeAll(async () => {
  simulator = await startSimulator(SIMULATOR_FLAGS);
  azure = azureOf(simulator);
  groups = `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups`;
});
afterAll(() => simulator.stop());

/** Runs a runbook of these steps that fails at its end and rolls back; none of them says how it is taken back. */
async function failAfter(steps: string): Promise<PlanRun> {
  const text = `apiVersion: runward/v1
kind: Runbook
metadata: { name: change, title: Change and fail, owner: team-web }
purpose: operations
environment: production
timeout: 1h
targets:
  jump: { hosts: [{ name: jump-01, os: linux, via: run-command, id: ${groups}/rg-shop-weu/providers/Microsoft.Compute/virtualMachines/jump-01 }], max: 1 }
on_failure: rollback
steps:
${steps}
  - { id: broken, assert: [{ that: size(targets.jump) == 0, message: It does not work }] }
`;
  const project = loadDocuments([{ path: 'change.yaml', text }], { actions });
  expect(project.findings).toEqual([]);
  const { ids } = memoryPorts(systemClock);
  const planned = await makePlan({ clock: systemClock, azure, ids }, { project, runbook: 'change', inputs: {}, signal: never });
  if (planned.kind === 'refused') throw new Error(JSON.stringify(planned.findings));
  return planRuns(azure, { timeScale: Number(SIMULATOR_FLAGS[1]) })(planned.plan);
}

const undone = ({ steps }: PlanRun): readonly string[] => steps.filter(({ undoneBy }) => undoneBy !== undefined).map(({ path }) => path);

test('a machine, a security group and an endpoint are as they were before, although no rollback is written', async () => {
  const group = `${groups}/rg-shop-weu/providers/Microsoft.Network/networkSecurityGroups/nsg-vnet-shop-weu`;
  const profile = `${groups}/rg-edge/providers/Microsoft.Network/trafficManagerProfiles/tm-shop`;
  const look = async () => {
    const [rules, endpoints, machine] = await Promise.all([
      azure.read({ kind: 'net.securityGroup', securityGroupId: group }, never),
      azure.read({ kind: 'trafficManager.profile', profileId: profile }, never),
      azure.read({ kind: 'vm.get', vmId: `${groups}/rg-shop-weu/providers/Microsoft.Compute/virtualMachines/jump-01` }, never),
    ]);
    if (rules.kind !== 'found' || endpoints.kind !== 'found' || machine.kind !== 'found') throw new Error('the estate is not as expected');
    return { rules: rules.value.written, endpoints: endpoints.value.endpoints, power: machine.value.powerState };
  };
  const before = await look();
  const ran = await failAfter(`
  - { id: stop, uses: azure.vm.deallocate@1, target: jump }
  - { id: stopped_already, uses: azure.vm.deallocate@1, target: jump }
  - id: open
    uses: azure.nsg.set-rules@1
    with: { id: ${group}, rules: [{ name: web, priority: 200, direction: Inbound, access: Allow, destination_port: "443" }] }
  - { id: cut, uses: azure.nsg.set-rules@1, with: { id: ${group}, rules: deny-all } }
  - { id: close, uses: azure.trafficmanager.set-endpoint@1, with: { profile: ${profile}, endpoint: home, status: Disabled } }
`);
  expect(ran.run).toMatchObject({ state: 'failed', rollback: 'complete' });
  expect(undone(ran).toSorted()).toEqual(['close', 'cut', 'open', 'stop[jump-01]']);
  expect(ran.steps.find(({ path }) => path === 'cut/roll-back/undo-cut')?.input).toMatchObject({ id: group, rules: [{ name: 'web' }] });
  expect(await look()).toEqual(before);
});
