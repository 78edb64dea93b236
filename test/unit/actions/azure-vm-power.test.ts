import { describe, expect, test } from 'vitest';
import { azureVmDeallocate } from '../../../engine/actions/azure-vm-deallocate.ts';
import { azureVmStart } from '../../../engine/actions/azure-vm-start.ts';
import { REQUEST_ID, VM, context, effect, portsWith, target, vm, writtenAzure } from './written-azure.ts';

const machine = target({ kind: 'azure_vm', id: VM });

describe.each([
  {
    action: effect(azureVmStart),
    operation: 'vm.start',
    goal: 'running',
    onTheWay: 'starting',
    from: 'deallocated',
    opposite: 'deallocating',
  },
  {
    action: effect(azureVmDeallocate),
    operation: 'vm.deallocate',
    goal: 'deallocated',
    onTheWay: 'deallocating',
    from: 'running',
    opposite: 'starting',
  },
])('$operation', ({ action, operation, goal, onTheWay, from, opposite }) => {
  const given = context(action, {}, { target: machine });
  const at = (powerState: string | undefined) => {
    const azure = writtenAzure();
    azure.put('vm.get', VM, vm({ powerState }));
    return azure;
  };

  test('is not needed when the machine is there already', async () => {
    const outcome = await action.precheck(portsWith(at(goal)), given);
    expect(outcome).toEqual({ kind: 'succeeded', result: { power_state: goal, changed: false, job: '' } });
  });

  test.each([from, 'stopped'])('AZ-26: goes on from %s', async (state) => {
    expect(await action.precheck(portsWith(at(state)), given)).toEqual({ kind: 'proceed', before: { power_state: state } });
  });

  test.each([onTheWay, opposite, undefined])('waits while the machine is %s', async (state) => {
    expect(await action.precheck(portsWith(at(state)), given)).toMatchObject({ kind: 'unanswered' });
  });

  test('fails for a machine that does not exist', async () => {
    expect(await action.precheck(portsWith(writtenAzure()), given)).toMatchObject({ kind: 'failed', failure: { kind: 'target_missing' } });
  });

  test('sends one request', async () => {
    const azure = at(from);
    await action.submit(portsWith(azure), given);
    expect(azure.submits).toEqual([{ operation: { kind: operation, vmId: VM }, requestId: REQUEST_ID }]);
  });

  test('reads the state after a lost answer', async () => {
    expect(await action.find(portsWith(at(goal)), given)).toEqual({ kind: 'reached' });
    expect(await action.find(portsWith(at(onTheWay)), given)).toMatchObject({ kind: 'found' });
    expect(await action.find(portsWith(at(from)), given)).toEqual({ kind: 'absent' });
    expect(await action.find(portsWith(at(opposite)), given)).toMatchObject({ kind: 'unanswered' });
  });

  test('looks at the machine first, at the operation for the reason', async () => {
    const handle = { opUrl: 'https://management.azure.com/op' };
    expect(await action.poll(portsWith(at(goal)), given, handle)).toEqual({ kind: 'ended_well' });
    expect(await action.poll(portsWith(at(onTheWay)), given, handle)).toMatchObject({ kind: 'running' });
    const azure = at(from);
    azure.pollAnswer = { kind: 'failed', code: 'AllocationFailed', message: 'no room' };
    const outcome = await action.poll(portsWith(azure), given, handle);
    expect(outcome).toMatchObject({ kind: 'failed', failure: { message: expect.stringContaining('no room (AllocationFailed)') } });
  });

  test('AZ-26 AZ-27: is done when the machine says so, whatever the provisioning state, and stopped is not deallocated', async () => {
    const azure = writtenAzure();
    azure.put('vm.get', VM, vm({ powerState: goal, provisioningState: 'Failed' }));
    const outcome = await action.verify(portsWith(azure), given, undefined);
    expect(outcome).toMatchObject({ kind: 'succeeded', result: { power_state: goal, changed: true } });
    expect(await action.verify(portsWith(at('stopped')), given, undefined)).toMatchObject({ kind: 'not_yet' });
  });
});
