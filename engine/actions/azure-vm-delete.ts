import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import { armIdUpTo } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import { VM_POLL_MS } from '../limits.ts';
import type { Target } from '../target.ts';
import type { ActionContext, ActionPorts } from './action.ts';
import { effectAction } from './action.ts';
import { failed, failedRead, unansweredRead } from './azure-answer.ts';
import { type Part, type PartState, partedQuestions } from './parts.ts';
import { restoreNicId } from './restored-machine.ts';

const inputSchema = z.strictObject({
  disks: z.boolean().default(false).describe('Delete its disks as well, also those that the machine would leave behind'),
  nics: z.boolean().default(false).describe('Delete its network interfaces as well'),
  only_created_by_run: z.boolean().default(false).describe('Refuse a machine that this run has not made'),
});

type Input = z.infer<typeof inputSchema>;
type Context = ActionContext<Input>;

/**
 * Deletes a machine, and with it what it would leave behind: detached disks and interfaces stay billed. A machine that is gone is a success;
 * of one that this run was restoring, what was made already is deleted.
 */
export const azureVmDelete = effectAction({
  name: 'azure.vm.delete@1',
  summary: 'Delete a virtual machine, with its disks and interfaces when asked to',
  effect: 'guarded',
  severity: 'severe',
  milderWith: { argument: 'only_created_by_run', severity: 'moderate' },
  target: 'vm',
  input: inputSchema,
  result: { deleted: { list: 'string' }, changed: 'bool', adopted: 'bool', job: 'string' },
  timeoutMs: 1_800_000,
  permissions: rightsOf('vm.get', 'vm.delete', 'disk.list', 'disk.get', 'disk.delete', 'nic.get', 'nic.delete'),
  ...partedQuestions<Input>({
    verb: 'deletion',
    pollMs: VM_POLL_MS,
    prepare,
    parts: ({ input }, known) => [
      ...idsOf(known, 'vm').map(vmPart),
      ...(input.disks ? idsOf(known, 'disks').map(diskPart) : []),
      ...(input.nics ? idsOf(known, 'nics').map(nicPart) : []),
    ],
    finish,
  }),
});

/** The parts have shown that what was to be deleted is gone; what was not to be deleted is named where it is still there. */
async function finish(ports: ActionPorts, { input, signal }: Context, known: JsonObject) {
  const deleted = [...idsOf(known, 'vm'), ...(input.disks ? idsOf(known, 'disks') : []), ...(input.nics ? idsOf(known, 'nics') : [])];
  const left: string[] = [];
  for (const diskId of input.disks ? [] : idsOf(known, 'disks')) {
    const disk = await ports.azure.read({ kind: 'disk.get', diskId }, signal);
    if (disk.kind === 'unanswered') return unansweredRead('a disk of the machine', disk);
    if (disk.kind !== 'missing') left.push(diskId);
  }
  for (const nicId of input.nics ? [] : idsOf(known, 'nics')) {
    const nic = await ports.azure.read({ kind: 'nic.get', nicId }, signal);
    if (nic.kind === 'unanswered') return unansweredRead('a network interface of the machine', nic);
    if (nic.kind !== 'missing') left.push(nicId);
  }
  const at = ports.clock.nowMs();
  const stays = { at, what: 'Left behind, and billed on', data: { left } };
  return {
    kind: 'succeeded',
    result: { deleted, job: '' },
    observations: [{ at, what: 'Deleted', data: { deleted } }, ...(left.length === 0 ? [] : [stays])],
  } as const;
}

/**
 * A machine that is gone tells no disks any more. Disks without a machine that bear its name may be what an earlier deletion left: they are
 * named and not deleted, since a name is no proof.
 */
async function bearingItsName(ports: ActionPorts, { id, name }: Target, signal: AbortSignal) {
  const listed = await ports.azure.read({ kind: 'disk.list', groupId: armIdUpTo(id, 'resourceGroups') ?? '' }, signal);
  if (listed.kind !== 'found') return failedRead(`the disks that ${name} may have left`, listed);
  const left: string[] = [];
  for (const disk of listed.value.filter((each) => isNamedAfter(each.name, name) && each.tags['runward_run'] === undefined)) {
    // Lists are late, also with what was deleted or put into another machine.
    const read = await ports.azure.read({ kind: 'disk.get', diskId: disk.id }, signal);
    if (read.kind === 'missing') continue;
    if (read.kind !== 'found') return failedRead(`disk ${disk.name}`, read);
    if (read.value.ownerId === undefined) left.push(disk.name);
  }
  if (left.length === 0) return NOTHING;
  return failed(
    'target',
    `${name} does not exist any more, and disks of its name are in no machine: ${left.join(', ')}. They may be what is left of it, and are billed: look at them and delete them, or run this step with disks: false`,
  );
}

/** As Azure (`_OsDisk_`) and Backup (`-osdisk-`) name them. */
function isNamedAfter(disk: string, machine: string): boolean {
  const [name, start] = [disk.toLowerCase(), machine.toLowerCase()];
  return name.startsWith(start) && /^[_-](os|data)_?disk/.test(name.slice(start.length));
}

const NOTHING = { kind: 'succeeded', result: { deleted: [], changed: false, job: '' } } as const;

/** What a restore of this run has made for a machine that is not there: found by the names and tags that the restore gives. */
async function leftOf(
  ports: ActionPorts,
  { target, input, signal, ...run }: Pick<Context, 'input' | 'runId' | 'makers' | 'signal'> & { readonly target: Target },
) {
  const step = target.tags['runward_step'];
  if (step === undefined) return input.disks ? bearingItsName(ports, target, signal) : NOTHING;
  if (!isOfRun(target.tags, run)) return NOTHING;
  const groupId = `${armIdUpTo(target.id, 'resourceGroups') ?? ''}`;
  const nic = await ports.azure.read({ kind: 'nic.get', nicId: restoreNicId(groupId, step) }, signal);
  if (nic.kind !== 'found' && nic.kind !== 'missing') return failedRead('the network interface of the restore', nic);
  const listed = await ports.azure.read({ kind: 'disk.list', groupId }, signal);
  if (listed.kind !== 'found') return failedRead('the disks of the restore', listed);
  const disks = listed.value.filter(({ tags, ownerId }) => ownerId === undefined && tags['runward_step'] === step).map(({ id }) => id);
  const nics = nic.kind === 'found' ? [nic.value.id] : [];
  if ((!input.disks || disks.length === 0) && (!input.nics || nics.length === 0)) return NOTHING;
  return { kind: 'prepared', known: { vm: [], disks, nics } } as const;
}

/** Made by this run, or by a step that it took over from the run which it undoes or goes on from. */
function isOfRun(tags: Target['tags'], { runId, makers = [] }: Pick<Context, 'runId' | 'makers'>): boolean {
  return tags['runward_run'] === runId || makers.some((key) => key === tags['runward_step']);
}

async function prepare(ports: ActionPorts, { target, input, runId, makers = [], signal }: Context) {
  if (!target) return failed('target_missing', 'this action needs a virtual machine as its target');
  const vm = await ports.azure.read({ kind: 'vm.get', vmId: target.id }, signal);
  if (vm.kind === 'missing') return leftOf(ports, { target, input, runId, makers, signal });
  if (vm.kind !== 'found') return failedRead(`virtual machine ${target.name}`, vm);
  const { id, tags, disks, nicIds } = vm.value;
  if (input.only_created_by_run && !isOfRun(tags, { runId, makers })) {
    return failed('target', `${target.name} was not made by this run: its tag runward_run is ${tags['runward_run'] ?? 'absent'}`);
  }
  return { kind: 'prepared', known: { vm: [id], disks: disks.map((disk) => disk.id), nics: nicIds } } as const;
}

function vmPart(vmId: string): Part<Input> {
  return {
    name: vmId,
    operation: () => ({ kind: 'vm.delete', vmId }),
    look: async (ports, { signal }) => {
      const vm = await ports.azure.read({ kind: 'vm.get', vmId }, signal);
      if (vm.kind === 'missing') return { kind: 'done' };
      if (vm.kind !== 'found') return unansweredRead('the machine', vm);
      if (vm.value.provisioningState?.toLowerCase() !== 'deleting') return { kind: 'todo' };
      return { kind: 'running', ours: true, handle: { name: vmId }, message: `${vm.value.name} is being deleted` };
    },
  };
}

function diskPart(diskId: string): Part<Input> {
  return {
    name: diskId,
    operation: () => ({ kind: 'disk.delete', diskId }),
    look: async (ports, { signal }): Promise<PartState> => {
      const disk = await ports.azure.read({ kind: 'disk.get', diskId }, signal);
      if (disk.kind === 'missing') return { kind: 'done' };
      if (disk.kind !== 'found') return unansweredRead('the disk', disk);
      // Somebody may have put it into another machine meanwhile: it is not ours to take out.
      if (disk.value.ownerId !== undefined) return failed('target', `${disk.value.name} is attached to ${disk.value.ownerId}`);
      return { kind: 'todo' };
    },
  };
}

function nicPart(nicId: string): Part<Input> {
  return {
    name: nicId,
    operation: () => ({ kind: 'nic.delete', nicId }),
    look: async (ports, { signal }) => {
      const nic = await ports.azure.read({ kind: 'nic.get', nicId }, signal);
      if (nic.kind === 'missing') return { kind: 'done' };
      return nic.kind === 'found' ? { kind: 'todo' } : unansweredRead('the network interface', nic);
    },
  };
}

function idsOf(known: JsonObject, name: string): readonly string[] {
  const list = known[name];
  return Array.isArray(list) ? list.filter((entry) => typeof entry === 'string') : [];
}
