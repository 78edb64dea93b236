import { describe, expect, test } from 'vitest';
import { azureVmInstallPatches } from '../../../engine/actions/azure-vm-install-patches.ts';
import { azureVmRestart } from '../../../engine/actions/azure-vm-restart.ts';
import type { AzureVm } from '../../../engine/azure-calls.ts';
import type { AzurePatchRun } from '../../../engine/azure-compute.ts';
import { NOW_MS, VM, context, effect, portsWith, target, vm, writtenAzure } from './written-azure.ts';

const machine = target({ kind: 'azure_vm', id: VM });
const at = (changes: Partial<AzureVm>) => {
  const azure = writtenAzure();
  azure.put('vm.get', VM, vm(changes));
  return azure;
};

describe('azure.vm.restart', () => {
  const action = effect(azureVmRestart);
  const given = context(action, {}, { target: machine, before: { agent_ready: true } });

  test.each([
    ['running, its agent ready', at({}), 'proceed', 'succeeded'],
    ['running, its agent silent', at({ agentStatus: undefined }), 'proceed', 'not_yet'],
    ['starting', at({ powerState: 'starting' }), 'failed', 'not_yet'],
    ['not telling its power', at({ powerState: undefined }), 'failed', 'not_yet'],
    ['not readable', writtenAzure(), 'failed', 'unanswered'],
  ])('a machine that is %s', async (_what, azure, before, end) => {
    expect((await action.precheck(portsWith(azure), given)).kind).toBe(before);
    expect((await action.verify(portsWith(azure), given, undefined)).kind).toBe(end);
  });

  test('a machine whose agent was silent before need not have one afterwards', async () => {
    const silent = { ...given, before: { agent_ready: false } };
    expect(await action.verify(portsWith(at({ agentStatus: undefined })), silent, undefined)).toMatchObject({ kind: 'succeeded' });
  });

  test('what it did is never guessed: after a lost answer a person compares the boot time', async () => {
    expect(await action.find(portsWith(at({})), given)).toMatchObject({ kind: 'unclear', message: expect.stringContaining('boot time') });
  });

  test('other work on the machine refuses it without effect, so that it is asked for again', async () => {
    const azure = at({});
    azure.submitAnswer = { kind: 'refused', reason: 'conflict', code: 'Conflict', message: 'busy', receipt: { status: 409 } };
    expect(await action.submit(portsWith(azure), given)).toMatchObject({ kind: 'throttled' });
  });

  test.each([
    [{ kind: 'running', retryAfterMs: 1 }, 'running'],
    [{ kind: 'succeeded' }, 'ended_well'],
    [{ kind: 'failed', code: 'X', message: 'no' }, 'failed'],
    [{ kind: 'gone' }, 'gone'],
    [{ kind: 'denied', message: 'no right' }, 'gone'],
    [{ kind: 'no_information', retryAfterMs: 1 }, 'gone'],
  ] as const)('an operation that is %o', async (answer, kind) => {
    const azure = at({});
    azure.pollAnswer = answer;
    expect((await action.poll(portsWith(azure), given, { opUrl: 'https://management.azure.com/op' })).kind).toBe(kind);
  });
});

describe('azure.vm.install-patches', () => {
  const action = effect(azureVmInstallPatches);
  const given = context(action, { classifications: ['Security'] }, { target: machine, before: { activity: 'old' } });
  const run = (changes: Partial<AzurePatchRun>): AzurePatchRun => ({
    activityId: 'new',
    status: 'Succeeded',
    startedAtMs: NOW_MS,
    installed: 3,
    failed: 0,
    pending: 0,
    ...changes,
  });
  const patched = (changes: Partial<AzurePatchRun>, more: Partial<AzureVm> = {}) => at({ patches: run(changes), ...more });

  test.each([
    ['ended well', patched({}), 'found', 'ended_well', 'succeeded'],
    ['runs', patched({ status: 'InProgress' }), 'found', 'running', 'not_yet'],
    ['failed', patched({ status: 'Failed', failed: 2 }), 'found', 'failed', 'not_yet'],
    ['ended with warnings and failed patches', patched({ status: 'CompletedWithWarnings', failed: 1 }), 'found', 'ended_well', 'not_yet'],
    ['ended and the machine is rebooting', patched({}, { powerState: 'starting' }), 'found', 'ended_well', 'not_yet'],
    ['is the one from before', patched({ activityId: 'old' }), 'absent', 'running', 'not_yet'],
    ['is the one from before, and runs', patched({ activityId: 'old', status: 'InProgress' }), 'unclear', 'running', 'not_yet'],
    ['began long before the step', patched({ startedAtMs: NOW_MS - 86_400_000 }), 'absent', 'running', 'not_yet'],
    ['never was', at({}), 'absent', 'running', 'not_yet'],
    ['cannot be read', writtenAzure(), 'unanswered', 'unanswered', 'unanswered'],
  ])('an installation that %s: after a lost answer, while followed, at the end', async (_what, azure, found, followed, end) => {
    const ports = portsWith(azure);
    const kinds = [await action.find(ports, given), await action.poll(ports, given, {}), await action.verify(ports, given, undefined)];
    expect(kinds.map(({ kind }) => kind)).toEqual([found, followed, end]);
  });

  test('patches that wait for a reboot are told', async () => {
    expect(await action.verify(portsWith(patched({ pending: 1 })), given, undefined)).toMatchObject({
      result: { installed: 3, pending: 1, reboot_status: 'Required', changed: true, job: 'new' },
    });
  });
});
