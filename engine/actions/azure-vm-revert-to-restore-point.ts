import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import { armIdUpTo, sameArmId } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import { VM_POLL_MS } from '../limits.ts';
import { storedText } from '../values.ts';
import type { ActionContext, ActionPorts } from './action.ts';
import { effectAction } from './action.ts';
import { failed, failedRead, unansweredRead } from './azure-answer.ts';
import { type Part, type PartState, partedQuestions } from './parts.ts';

const inputSchema = z.strictObject({
  restore_point: z.string().min(1).describe('ARM id of a restore point of this machine'),
  data_disks: z.boolean().default(true).describe('Put the data disks back as well, not only the OS disk'),
});

type Input = z.infer<typeof inputSchema>;
type Context = ActionContext<Input>;

/**
 * Puts a machine back to a restore point: stopped, new disks from the point, swapped in, started again. What the disks held since then is
 * not lost: the old disks stay, and their ids are the result; they are billed until somebody deletes them.
 */
export const azureVmRevertToRestorePoint = effectAction({
  name: 'azure.vm.revert-to-restore-point@1',
  summary: 'Put a virtual machine back to a restore point; its old disks stay',
  effect: 'guarded',
  severity: 'severe',
  target: 'vm',
  input: inputSchema,
  result: { old_disk_ids: { list: 'string' }, changed: 'bool', adopted: 'bool', job: 'string' },
  timeoutMs: 3_600_000,
  permissions: rightsOf('vm.get', 'vm.deallocate', 'restorePoint.get', 'disk.get', 'disk.create', 'vm.swapDisks', 'vm.start'),
  ...partedQuestions<Input>({
    verb: 'revert',
    pollMs: VM_POLL_MS,
    prepare,
    parts: ({ target }, known) => {
      const vmId = target?.id ?? '';
      return [power(vmId, 'deallocate'), ...disksOf(known).map((disk) => newDisk(disk, known)), swap(vmId), power(vmId, 'start')];
    },
    finish: async (ports, _context, known) => {
      const old = disksOf(known).map(({ oldId }) => oldId);
      const data = { restore_point: storedText(known['point']), old_disk_ids: old, disk_ids: disksOf(known).map(({ newId }) => newId) };
      return {
        kind: 'succeeded',
        result: { old_disk_ids: old, job: '' },
        observations: [{ at: ports.clock.nowMs(), what: 'Disks were swapped', data }],
      };
    },
  }),
});

/** A disk of the machine with the one that takes its place. */
interface SwappedDisk {
  readonly oldId: string;
  readonly newId: string;
  readonly sourceId: string;
  readonly lun: number | null;
}

async function prepare(ports: ActionPorts, { target, input, stepKey, signal }: Context) {
  if (!target) return failed('target_missing', 'this action needs a virtual machine as its target');
  const vm = await ports.azure.read({ kind: 'vm.get', vmId: target.id }, signal);
  if (vm.kind !== 'found') return failedRead(`virtual machine ${target.name}`, vm);
  const point = await ports.azure.read({ kind: 'restorePoint.get', pointId: input.restore_point }, signal);
  if (point.kind !== 'found') return failedRead('the restore point', point);
  if (point.value.provisioningState?.toLowerCase() !== 'succeeded')
    return failed('target', `the restore point is ${point.value.provisioningState ?? 'in an unknown state'}`);
  const groupId = armIdUpTo(vm.value.id, 'resourceGroups') ?? '';
  const disks: SwappedDisk[] = [];
  for (const disk of vm.value.disks) {
    if (disk.lun !== undefined && !input.data_disks) continue;
    const source = point.value.disks.find(({ diskId }) => sameArmId(diskId, disk.id));
    if (source === undefined)
      return failed(
        'target',
        `the restore point does not hold ${disk.name} of ${target.name}: it is one of another machine, or older than the disk`,
      );
    const newId = `${groupId}/providers/Microsoft.Compute/disks/${disk.name.slice(0, 40)}-rw-${stepKey.slice(0, 8)}`;
    disks.push({ oldId: disk.id, newId, sourceId: source.sourceId, lun: disk.lun ?? null });
  }
  if (disks.length === 0) return failed('target', `${target.name} has no managed disks`);
  const known = { point: point.value.id, location: vm.value.location, disks: disks as unknown as JsonObject[] };
  return { kind: 'prepared', known } as const;
}

/** A machine that has the new OS disk is past its stop; until then it must be deallocated, and afterwards it must run. */
function power(vmId: string, verb: 'deallocate' | 'start'): Part<Input> {
  const goal = verb === 'start' ? 'running' : 'deallocated';
  const onTheWay = verb === 'start' ? 'starting' : 'deallocating';
  return {
    name: verb === 'start' ? 'start the machine' : 'stop the machine',
    operation: () => ({ kind: verb === 'start' ? 'vm.start' : 'vm.deallocate', vmId }),
    look: async (ports, { signal }, known): Promise<PartState> => {
      const vm = await ports.azure.read({ kind: 'vm.get', vmId }, signal);
      if (vm.kind !== 'found') return unansweredRead('the machine', vm);
      const state = vm.value.powerState?.toLowerCase();
      const swapped = vm.value.disks.some(({ id }) => disksOf(known).some(({ newId }) => sameArmId(newId, id)));
      if (verb === 'deallocate' && swapped) return { kind: 'done' };
      if (state === goal) return { kind: 'done' };
      const waits = state === undefined || ['starting', 'stopping', 'deallocating'].includes(state);
      if (waits)
        return {
          kind: 'running',
          ours: state === onTheWay,
          handle: { name: vmId },
          message: `the machine is ${state ?? 'not telling its power state'}`,
        };
      return { kind: 'todo' };
    },
  };
}

function newDisk(disk: SwappedDisk, known: JsonObject): Part<Input> {
  return {
    name: disk.newId,
    operation: ({ runId, stepKey }) => ({
      kind: 'disk.create',
      diskId: disk.newId,
      location: storedText(known['location']),
      sourceId: disk.sourceId,
      tags: { runward_run: runId, runward_step: stepKey },
    }),
    look: async (ports, { signal, stepKey }): Promise<PartState> => {
      const read = await ports.azure.read({ kind: 'disk.get', diskId: disk.newId }, signal);
      if (read.kind === 'missing') return { kind: 'todo' };
      if (read.kind !== 'found') return unansweredRead('the new disk', read);
      if (read.value.tags['runward_step'] !== stepKey)
        return failed('target', `a disk ${read.value.name} exists already and is not of this step`);
      const state = read.value.provisioningState?.toLowerCase();
      if (state === 'succeeded') return { kind: 'done' };
      if (state === 'failed') return failed('target', `the new disk ${read.value.name} could not be made`);
      return { kind: 'running', ours: true, handle: { name: disk.newId }, message: `${read.value.name} is being made` };
    },
  };
}

function swap(vmId: string): Part<Input> {
  return {
    name: 'swap the disks',
    operation: ({ input }, known) => {
      const disks = disksOf(known);
      const os = disks.find(({ lun }) => lun === null);
      const data = disks.flatMap(({ lun, newId }) => (lun === null ? [] : [{ lun, diskId: newId }]));
      return { kind: 'vm.swapDisks', vmId, osDiskId: os?.newId ?? '', dataDisks: input.data_disks ? data : undefined };
    },
    look: async (ports, { signal }, known): Promise<PartState> => {
      const vm = await ports.azure.read({ kind: 'vm.get', vmId }, signal);
      if (vm.kind !== 'found') return unansweredRead('the machine', vm);
      const present = disksOf(known).filter(({ newId }) => vm.value.disks.some(({ id }) => sameArmId(id, newId)));
      if (present.length === disksOf(known).length) return { kind: 'done' };
      if (vm.value.provisioningState?.toLowerCase() === 'updating')
        return { kind: 'running', ours: true, handle: { name: vmId }, message: 'the disks are being swapped' };
      return { kind: 'todo' };
    },
  };
}

function disksOf(known: JsonObject): readonly SwappedDisk[] {
  const { disks } = known;
  return Array.isArray(disks) ? (disks as unknown as readonly SwappedDisk[]) : [];
}
