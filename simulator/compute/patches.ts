import { z } from 'zod';
import { armError, refusal } from '../arm-errors.ts';
import { machineId } from '../arm-ids.ts';
import { fateOf } from '../faults/fate.ts';
import { upgradePackages } from '../machine/packages.ts';
import { moveOperation } from '../operations.ts';
import { DURATIONS } from '../times.ts';
import { findMachine, isMachine } from './find.ts';
import { begin } from './machine-requests.ts';
import { changed, exists, restart } from './machines.ts';
import type { Failure } from '../faults/fate.ts';
import type { Operation } from '../operations.ts';
import type { Answer, Call } from '../route.ts';
import type { Machine, PatchRun, World } from '../world.ts';

export const PATCHES_OPERATION = 'VirtualMachines_InstallPatches';

/** Body of an installation of patches. */
export const PATCHES_BODY = z.strictObject({
  maximumDuration: z.string().regex(/^PT/),
  rebootSetting: z.enum(['IfRequired', 'Never', 'Always']),
  linuxParameters: z
    .strictObject({
      classificationsToInclude: z.array(z.enum(['Critical', 'Security', 'Other'])).optional(),
      packageNameMasksToExclude: z.array(z.string()).optional(),
    })
    .optional(),
});

/** POST installPatches: one at a time. A machine with files gets newer packages; one that fails on the way keeps those it has got. */
export function postPatches(world: World, call: Call): Answer {
  const machine = findMachine(world, call);
  if (!isMachine(machine)) return machine;
  const resource = machineId(world, machine.group, machine.name);
  const { rebootSetting } = call.body as z.infer<typeof PATCHES_BODY>;
  if (machine.power !== 'running')
    return refusal(resource, armError(409, 'OperationNotAllowed', `VM '${machine.name}' is ${machine.power}.`));
  if (machine.patches?.status === 'InProgress')
    return refusal(resource, armError(409, 'OperationNotAllowed', `A patch installation is in progress on VM '${machine.name}'.`));
  const run: PatchRun = {
    activityId: world.draws.nextUuid(`patches:${machine.key}`),
    startMs: world.clock.nowMs(),
    endMs: undefined,
    status: 'InProgress',
    wanted: 3 + Math.floor(world.draws.next(`patches:${machine.key}`) * 9),
    installed: 0,
  };
  machine.patches = run;
  const { operation, answer } = begin(world, machine, () => ({ status: 200, body: patchResult(run) }));
  const fate = fateOf(world, call, PATCHES_OPERATION);
  if (!fate.stuck)
    world.clock.after(DURATIONS.patches * fate.slow, () => {
      if (!exists(world, machine)) return;
      const end = (): void => finish(world, machine, { run, operation, failure: fate.failure });
      install(world, machine, run, fate.failure);
      if (fate.failure !== undefined || rebootSetting === 'Never' || machine.power !== 'running') return end();
      return restart(world, machine, end);
    });
  return { ...answer, effect: { effect: 'started', resource, operationId: operation.id } };
}

function install(world: World, machine: Machine, run: PatchRun, failure: Failure | undefined): void {
  run.installed = failure === undefined ? run.wanted : Math.floor(run.wanted / 2);
  if (!machine.bare && !world.journal.replaying())
    upgradePackages(machine.root, { count: run.installed, at: new Date(world.clock.nowMs()).toISOString() });
}

function finish(
  world: World,
  machine: Machine,
  { run, operation, failure }: { readonly run: PatchRun; readonly operation: Operation; readonly failure: Failure | undefined },
): void {
  run.endMs = world.clock.nowMs();
  run.status = failure === undefined ? 'Succeeded' : 'Failed';
  if (failure !== undefined) operation.error = { code: failure.code, message: failure.message };
  moveOperation(world, operation, failure === undefined ? 'succeed' : 'fail');
  world.ledger.newPeriod(machineId(world, machine.group, machine.name), PATCHES_OPERATION);
  changed(world, machine);
}

function patchResult(run: PatchRun): Readonly<Record<string, unknown>> {
  return {
    status: run.status,
    installationActivityId: run.activityId,
    rebootStatus: 'Completed',
    maintenanceWindowExceeded: false,
    excludedPatchCount: 0,
    notSelectedPatchCount: 0,
    pendingPatchCount: 0,
    installedPatchCount: run.installed,
    failedPatchCount: run.wanted - run.installed,
    patches: [],
  };
}
