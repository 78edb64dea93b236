import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import type { AzureBackupJob } from '../azure-backup.ts';
import type { AzureDisk } from '../azure-compute.ts';
import { armIdUpTo, sameArmId } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import { BACKUP_JOB_POLL_MS, JOB_CANDIDATES_MAX, JOB_WINDOW_MARGIN_MS, LIST_LAG_MS } from '../limits.ts';
import { storedText, timeValue } from '../values.ts';
import type { ActionContext, ActionPorts } from './action.ts';
import { effectAction } from './action.ts';
import { readTestMachine, testMachineTarget } from './asr-test-machine.ts';
import { failed, failedRead, unansweredRead } from './azure-answer.ts';
import { backupPlace, refuseDeleted } from './backup-place.ts';
import { pacedMs } from './pace.ts';
import { type Part, type PartState, partedQuestions } from './parts.ts';
import { restoreNicId, restoreTags, unfinishedMachine } from './restored-machine.ts';

const RESERVED_SUBNETS = ['gatewaysubnet', 'azurefirewallsubnet', 'azurebastionsubnet', 'routeserversubnet'];

const inputSchema = z.strictObject({
  recovery_point: z.string().min(1).describe('Id of the recovery point, from backup.recovery-point.latest'),
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/, 'must be a name of letters, digits and dashes')
    .describe('Name of the restored machine'),
  resource_group: z.string().min(1).describe('Group that disks, interface and machine are made in'),
  network: z.string().min(1).describe('ARM id of the isolated network'),
  public_ip: z.enum(['none']).default('none').describe('A restored copy never gets a public address'),
  tags: z.record(z.string(), z.string()).default({}).describe('Tags of the restored machine'),
});

type Input = z.infer<typeof inputSchema>;
type Context = ActionContext<Input>;

/**
 * Makes a copy of a machine from a recovery point in an isolated network: interface, disks, their tags, the machine, each by a request of
 * its own. The copy has no identity, no extensions and no public address, and its disks and interface go when it is deleted.
 */
export const backupRestoreVm = effectAction({
  name: 'backup.restore-vm@1',
  summary: 'Restore a copy of a virtual machine into an isolated network',
  effect: 'guarded',
  severity: 'moderate',
  target: 'vm',
  input: inputSchema,
  result: { vm_id: 'string', recovery_point_time: 'timestamp', changed: 'bool', adopted: 'bool', job: 'string' },
  timeoutMs: 21_600_000,
  permissions: rightsOf(
    'vm.get',
    'backup.status',
    'backup.item',
    'backup.source',
    'net.network',
    'nic.get',
    'nic.create',
    'backup.restoreDisks',
    'backup.restores',
    'backup.job',
    'disk.list',
    'disk.get',
    'disk.tag',
    'vm.create',
  ),
  produces: true,
  undo: { action: 'azure.vm.delete@1', with: { disks: true, nics: true, only_created_by_run: true }, on: 'produced' },
  ...partedQuestions<Input>({
    verb: 'restore',
    pollMs: BACKUP_JOB_POLL_MS,
    prepare,
    parts: (_context, known) => [nicPart, disksPart, ...restoredDisks(known).map(tagPart), vmPart],
    unfinished: (context, known) =>
      context.target === undefined ? [] : [unfinishedMachine(context.target, { id: storedText(known['vm']), tags: restoreTags(context) })],
    finish,
  }),
});

async function prepare(ports: ActionPorts, context: Context) {
  const { target, input, stepKey, signal } = context;
  if (!target) return failed('target_missing', 'this action needs a virtual machine as its target');
  const place = await backupPlace(ports, context);
  if (place.kind !== 'found') return place;
  const deleted = refuseDeleted(place.item, target.name);
  if (deleted !== undefined) return deleted;
  const vm = await ports.azure.read({ kind: 'vm.get', vmId: target.id }, signal);
  if (vm.kind !== 'found') return failedRead(`virtual machine ${target.name}`, vm);
  const { location, size, os, disks } = vm.value;
  if (!sameArmId(armIdUpTo(input.recovery_point, 'protectedItems') ?? '', place.item.id))
    return failed('target', `the recovery point is not one of ${target.name}`);
  const source = await ports.azure.read({ kind: 'backup.source', pointId: input.recovery_point, region: location }, signal);
  if (source.kind !== 'found') return failedRead('the recovery point', source);
  if (!source.value.tiers.some((tier) => ['instantrp', 'hardenedrp'].includes(tier.toLowerCase())))
    return failed(
      'target',
      `the recovery point can only be restored from ${source.value.tiers.join(', ') || 'nowhere'}: from the archive that takes hours`,
    );
  const network = await ports.azure.read({ kind: 'net.network', networkId: input.network }, signal);
  if (network.kind !== 'found') return failedRead('the virtual network', network);
  const subnet = network.value.subnets.find(({ name }) => !RESERVED_SUBNETS.includes(name.toLowerCase()));
  if (network.value.location !== location)
    return failed('target', `the network is in ${network.value.location}, the disks of ${target.name} are restored in ${location}`);
  if (subnet === undefined) return failed('target', 'the network has no subnet for machines');
  const groupId = `${armIdUpTo(vm.value.id, 'subscriptions') ?? ''}/resourceGroups/${input.resource_group}`;
  const vmId = `${groupId}/providers/Microsoft.Compute/virtualMachines/${input.name}`;
  const taken = await ports.azure.read({ kind: 'vm.get', vmId }, signal);
  if (taken.kind === 'found') return failed('target', `a machine ${input.name} exists already in ${input.resource_group}`);
  if (taken.kind !== 'missing') return failedRead('the name of the restored machine', taken);
  const before = await ports.azure.read({ kind: 'disk.list', groupId }, signal);
  if (before.kind !== 'found') return failedRead(`the disks of ${input.resource_group}`, before);
  const known = {
    item: place.item.id,
    source_vm: vm.value.id,
    staging: source.value.stagingAccountId,
    point_at: timeValue(source.value.atMs),
    location,
    size: size ?? '',
    os: os ?? 'linux',
    group: groupId,
    vm: vmId,
    nic: restoreNicId(groupId, stepKey),
    subnet: `${network.value.id}/subnets/${subnet.name}`,
    disks_wanted: disks.length,
    disks_before: before.value.map(({ id }) => id.toLowerCase()),
  };
  return { kind: 'prepared', known } as const;
}

const nicPart: Part<Input> = {
  name: 'network interface',
  operation: (context, known) => ({
    kind: 'nic.create',
    nicId: storedText(known['nic']),
    location: storedText(known['location']),
    subnetId: storedText(known['subnet']),
    tags: restoreTags(context),
  }),
  look: async (ports, { signal }, known) => {
    const nic = await ports.azure.read({ kind: 'nic.get', nicId: storedText(known['nic']) }, signal);
    if (nic.kind === 'missing') return { kind: 'todo' };
    return nic.kind === 'found' ? { kind: 'done' } : unansweredRead('the network interface', nic);
  },
};

const disksPart: Part<Input> = {
  name: 'disks from the recovery point',
  operation: ({ input }, known) => ({
    kind: 'backup.restoreDisks',
    itemId: storedText(known['item']),
    pointId: input.recovery_point,
    sourceVmId: storedText(known['source_vm']),
    targetGroupId: storedText(known['group']),
    stagingAccountId: storedText(known['staging']),
    region: storedText(known['location']),
  }),
  look: lookAtDisks,
};

/** Only our request id tells the job; the disks themselves carry nothing, so they are what the group did not hold before. */
async function lookAtDisks(ports: ActionPorts, context: Context, known: JsonObject): Promise<PartState> {
  if (restoredDisks(known).length > 0) return { kind: 'done' };
  const vaultId = armIdUpTo(storedText(known['item']), 'vaults') ?? '';
  const listed = await ports.azure.read(
    { kind: 'backup.restores', vaultId, sinceMs: context.createdAtMs - JOB_WINDOW_MARGIN_MS },
    context.signal,
  );
  if (listed.kind !== 'found') return unansweredRead('the list of restores', listed);
  let own: { readonly send: number; readonly job: AzureBackupJob } | undefined;
  for (const { id } of listed.value.slice(0, JOB_CANDIDATES_MAX)) {
    const job = await ports.azure.read({ kind: 'backup.job', jobId: id }, context.signal);
    if (job.kind !== 'found') return unansweredRead('a restore job', job);
    const { clientRequestId } = job.value;
    const send = context.requestIds.findIndex((id) => id.toLowerCase() === clientRequestId?.toLowerCase());
    if (send > (own?.send ?? -1)) own = { send, job: job.value };
  }
  return own === undefined ? { kind: 'todo' } : stateOfRestore(ports, context, { known, job: own.job });
}

async function stateOfRestore(
  ports: ActionPorts,
  context: Context,
  { known, job }: { readonly known: JsonObject; readonly job: AzureBackupJob },
): Promise<PartState> {
  const word = job.status.toLowerCase();
  if (['failed', 'cancelled', 'canceled'].includes(word)) {
    const why = job.errors.map((fault) => `${fault.message} (${fault.code})`).join('; ') || 'without giving a reason';
    return { ...failed('target', `the restore ended ${job.status}: ${why}`), ours: true };
  }
  if (['completed', 'completedwithwarnings'].includes(word)) return foundDisks(ports, context, { known, job });
  return { kind: 'running', ours: true, handle: { jobId: job.id }, message: `the restore is ${job.status}` };
}

async function foundDisks(
  ports: ActionPorts,
  context: Context,
  at: { readonly known: JsonObject; readonly job: AzureBackupJob },
): Promise<PartState> {
  const { known, job } = at;
  const listed = await ports.azure.read({ kind: 'disk.list', groupId: storedText(known['group']) }, context.signal);
  if (listed.kind !== 'found') return unansweredRead('the restored disks', listed);
  const fresh = freshDisks(listed.value, context, known);
  const systems = fresh.filter(({ isOs }) => isOs);
  if (fresh.length !== known['disks_wanted'] || systems.length !== 1) {
    // Lists are late: what the job has made may not stand in them yet.
    const late = ports.clock.nowMs() - (job.endedAtMs ?? 0) < pacedMs(context, LIST_LAG_MS);
    if (late)
      return { kind: 'running', ours: true, handle: { jobId: job.id }, message: 'the restored disks are not in the list of the group' };
    const names = fresh.map(({ name }) => name).join(', ') || 'none';
    return {
      kind: 'unclear',
      message: `${JSON.stringify(known['disks_wanted'])} disks with one system disk were expected in the group, new are: ${names}`,
      candidates: fresh.map(({ id }) => id),
    };
  }
  const data = fresh.filter(({ isOs }) => !isOs).toSorted((left, right) => left.name.localeCompare(right.name));
  const disks = [
    ...systems.map((disk) => ({ id: disk.id, lun: null })),
    ...data.map((disk, place) => ({ id: disk.id, lun: lunOf(disk, place) })),
  ];
  const observation = { at: ports.clock.nowMs(), what: 'Disks were restored', data: { disks: disks.map(({ id }) => id), job: job.id } };
  return { kind: 'done', known: { disks, job: job.id }, observations: [observation] };
}

/** Disks that the group did not hold before. When others are restored into it meanwhile, Backup's names tell which machine a disk is of. */
function freshDisks(listed: readonly AzureDisk[], context: Context, known: JsonObject): readonly AzureDisk[] {
  const before = known['disks_before'];
  const fresh = listed.filter(
    ({ id, createdAtMs, tags }) =>
      !(Array.isArray(before) && before.includes(id.toLowerCase())) &&
      (createdAtMs ?? 0) >= context.createdAtMs - JOB_WINDOW_MARGIN_MS &&
      (tags['runward_step'] ?? context.stepKey) === context.stepKey,
  );
  if (fresh.length <= Number(known['disks_wanted'])) return fresh;
  const machine = storedText(known['source_vm']).split('/').at(-1)?.toLowerCase() ?? '';
  const named = fresh.filter(
    ({ name }) => /^-(os|data)disk-/.test(name.toLowerCase().slice(machine.length)) && name.toLowerCase().startsWith(machine),
  );
  return named.length === 0 ? fresh : named;
}

/** Backup numbers the data disks in their names; without a number their order decides. */
function lunOf(disk: AzureDisk, place: number): number {
  const number = /-datadisk-(\d+)-/i.exec(disk.name)?.[1];
  return number === undefined ? place : Number(number);
}

function tagPart(disk: RestoredDisk): Part<Input> {
  return {
    name: `tags of ${disk.id}`,
    operation: (context) => ({ kind: 'disk.tag', diskId: disk.id, tags: restoreTags(context) }),
    look: async (ports, { signal, stepKey }) => {
      const read = await ports.azure.read({ kind: 'disk.get', diskId: disk.id }, signal);
      if (read.kind !== 'found') return unansweredRead('a restored disk', read);
      return read.value.tags['runward_step'] === stepKey ? { kind: 'done' } : { kind: 'todo' };
    },
  };
}

const vmPart: Part<Input> = {
  name: 'machine',
  operation: (context, known) => {
    const disks = restoredDisks(known);
    return {
      kind: 'vm.create',
      vmId: storedText(known['vm']),
      location: storedText(known['location']),
      size: storedText(known['size']),
      os: known['os'] === 'windows' ? 'windows' : 'linux',
      osDiskId: disks.find(({ lun }) => lun === null)?.id ?? '',
      dataDisks: disks.flatMap(({ id, lun }) => (lun === null ? [] : [{ lun, diskId: id }])),
      nicId: storedText(known['nic']),
      tags: { ...context.input.tags, ...restoreTags(context) },
    };
  },
  look: async (ports, { signal, stepKey }, known): Promise<PartState> => {
    const vm = await ports.azure.read({ kind: 'vm.get', vmId: storedText(known['vm']) }, signal);
    if (vm.kind === 'missing') return { kind: 'todo' };
    if (vm.kind !== 'found') return unansweredRead('the restored machine', vm);
    if (vm.value.tags['runward_step'] !== stepKey)
      return failed('target', `a machine ${vm.value.name} exists already and is not of this step`);
    if (vm.value.powerState?.toLowerCase() === 'running') return { kind: 'done' };
    return {
      kind: 'running',
      ours: true,
      handle: { name: vm.value.id },
      message: `${vm.value.name} is ${vm.value.powerState ?? 'being made'}`,
    };
  },
};

async function finish(ports: ActionPorts, { target, signal }: Context, known: JsonObject) {
  const seen = await readTestMachine(ports, storedText(known['vm']), signal);
  if (seen.kind === 'unanswered') return seen;
  if (seen.kind === 'missing' || target === undefined) return { kind: 'not_yet', message: 'the restored machine does not exist' } as const;
  if (seen.nic?.hasPublicAddress === true) return { kind: 'not_yet', message: `${seen.vm.name} has a public address` } as const;
  const data = { id: seen.vm.id, vm_id: seen.vm.vmId, agent: seen.vm.agentStatus, address: seen.nic?.privateAddress };
  return {
    kind: 'succeeded',
    result: { vm_id: seen.vm.id, recovery_point_time: known['point_at'] ?? null, job: storedText(known['job']) },
    produced: [testMachineTarget(target, seen.vm, seen.nic)],
    observations: [{ at: ports.clock.nowMs(), what: 'Restored machine runs', data }],
  } as const;
}

interface RestoredDisk {
  readonly id: string;
  readonly lun: number | null;
}

function restoredDisks(known: JsonObject): readonly RestoredDisk[] {
  const { disks } = known;
  return Array.isArray(disks) ? (disks as unknown as readonly RestoredDisk[]) : [];
}
