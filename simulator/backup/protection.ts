import { z } from 'zod';
import { armError, refusal } from '../arm-errors.ts';
import { machineId } from '../arm-ids.ts';
import { backupHeaders } from '../operations.ts';
import { param } from '../route.ts';
import { DURATIONS } from '../times.ts';
import { advance, follow } from '../transition.ts';
import type { Answer, Call } from '../route.ts';
import type { Machine, Vault, World } from '../world.ts';
import { isTaken } from './discovery.ts';
import { BUSY, findVault, invalidInput, NO_OBJECT, SOFT_DELETED } from './find.ts';
import { backupItemBody, backupItemId, backupNames, backupVaultId, type BackupItem, type BackupPolicy, newBackupItem } from './item.ts';
import { vaultOperationHeaders } from './operation-urls.ts';
import { policyNamed } from './policy.ts';
import { isBeingChanged, startProtectionJob, type ProtectionOrder } from './protection-job.ts';
import { dropItem, holdDeleted, keepItem, runPolicy } from './protected-items.ts';
import { PROTECTION } from './protection-state.ts';

export const PROTECT_OPERATION = 'ProtectedItems_CreateOrUpdate';
export const UNPROTECT_OPERATION = 'ProtectedItems_Delete';

/** What a client may send of a protected item; what it only sends back as it has read it changes nothing. */
export const PROTECT_BODY = z.strictObject({
  location: z.string().optional(),
  tags: z.record(z.string(), z.string()).optional(),
  eTag: z.string().optional(),
  properties: z.strictObject({
    protectedItemType: z.literal('Microsoft.Compute/virtualMachines'),
    sourceResourceId: z.string().optional(),
    policyId: z.string().optional(),
    protectionState: z
      .enum(['Invalid', 'IRPending', 'Protected', 'ProtectionError', 'ProtectionStopped', 'ProtectionPaused', 'BackupsSuspended'])
      .optional(),
    isRehydrate: z.boolean().optional(),
    containerName: z.string().optional(),
    policyName: z.string().optional(),
    protectionStatus: z.string().optional(),
    lastBackupStatus: z.string().optional(),
    lastRecoveryPoint: z.iso.datetime().optional(),
    isScheduledForDeferredDelete: z.boolean().optional(),
    deferredDeleteTimeInUTC: z.iso.datetime().optional(),
    softDeleteRetentionPeriodInDays: z.int().optional(),
  }),
});

type Wanted = z.infer<typeof PROTECT_BODY>['properties'];

/** Whom a request is about: a machine of this vault, and the item if it has one. */
interface Subject {
  readonly vault: Vault;
  readonly machine: Machine;
  readonly item: BackupItem | undefined;
}

/** PUT of a protected item: protects a machine, changes its policy, ends its protection and keeps its points, or takes a deletion back. */
export function putItem(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const { properties } = call.body as z.infer<typeof PROTECT_BODY>;
  const subject = subjectOf(world, call, { vault, properties });
  if (subject === undefined) return refusal(call.path, invalidInput());
  const resource = backupItemId(world, subject);
  const order = isBeingChanged(world, subject.machine) || subject.item?.running !== undefined ? BUSY : orderOf(world, subject, properties);
  if ('status' in order) return refusal(resource, order);
  const itemNow = (): BackupItem | undefined => vault.backupItems.get(backupNames(subject.machine).item.toLowerCase());
  // The operation is over as soon as its job exists: then there is an item to answer, or not yet.
  const result = (): Answer => {
    const item = itemNow();
    return item === undefined ? { status: 204 } : { status: 200, body: backupItemBody(world, item) };
  };
  const { job, operation } = startProtectionJob(world, call, { ...order, resource, request: PROTECT_OPERATION, result });
  return {
    status: 202,
    headers: backupHeaders(world, operation, { resource, jobName: job.name }) ?? {},
    effect: { effect: 'started', resource, operationId: operation.id, jobId: job.name },
  };
}

/** The names in the path, the body and what is in the vault must be of one machine. */
function subjectOf(world: World, call: Call, given: { readonly vault: Vault; readonly properties: Wanted }): Subject | undefined {
  const { vault } = given;
  const source = given.properties.sourceResourceId?.toLowerCase();
  const item = vault.backupItems.get(param(call, 'protectedItemName').toLowerCase());
  const sourceOf = ({ group, name }: Machine): string => machineId(world, group, name).toLowerCase();
  const machine = item?.machine ?? [...world.machines.values()].find((each) => sourceOf(each) === source);
  if (machine === undefined || (source !== undefined && source !== sourceOf(machine))) return undefined;
  const names = backupNames(machine);
  const inPlace =
    param(call, 'fabricName').toLowerCase() === 'azure' &&
    param(call, 'containerName').toLowerCase() === names.container.toLowerCase() &&
    param(call, 'protectedItemName').toLowerCase() === names.item.toLowerCase();
  return inPlace ? { vault, machine, item } : undefined;
}

type Order = Pick<ProtectionOrder, 'job' | 'durationMs' | 'done'>;

/** What a request orders, or why it cannot be. */
function orderOf(world: World, subject: Subject, wanted: Wanted): Order | Answer {
  const { item } = subject;
  if (wanted.isRehydrate === true) return item === undefined ? NO_OBJECT : undeletion(world, item);
  if (wanted.protectionState === 'ProtectionStopped') return item === undefined ? NO_OBJECT : stop(world, item);
  // Seen of a vault that was not immutable: https://github.com/Azure/azure-rest-api-specs/issues/32688.
  if (wanted.protectionState === 'BackupsSuspended')
    return armError(
      400,
      'UserErrorOperationDeniedOnImmutableItem',
      'The vault and the backup item are immutable, hence operation is denied.',
    );
  return configuration(world, subject, wanted.policyId);
}

function configuration(world: World, { vault, machine, item }: Subject, policyId: string | undefined): Order | Answer {
  const [vaultId, name] = (policyId ?? '').split(/\/backupPolicies\//i);
  const policy = vaultId?.toLowerCase() === backupVaultId(world, vault).toLowerCase() ? policyNamed(vault, name ?? '') : undefined;
  if (policy === undefined) return invalidInput('The policy of the request is no policy of this vault.');
  if (item?.protection === 'softDeleted') return SOFT_DELETED;
  if (item === undefined && isTaken(world, machine)) return invalidInput('The virtual machine is protected in another vault.');
  if (machine.location !== vault.location) return invalidInput('The virtual machine is not in the region of the vault.');
  const done = (): void => (item === undefined ? protect(world, { vault, machine, policy }) : configure(world, item, policy));
  return { job: { vault, machine, operation: 'ConfigureBackup', policy: policy.name }, durationMs: DURATIONS.backupConfigured, done };
}

/** A machine that is protected from now on: its first backup comes when its policy runs, or when somebody asks for one. */
function protect(world: World, given: Pick<BackupItem, 'vault' | 'machine' | 'policy'>): void {
  const item = newBackupItem({ ...given, points: [] });
  keepItem(world, item);
  runPolicy(world, item);
}

function configure(world: World, item: BackupItem, policy: BackupPolicy): void {
  item.policy = policy;
  item.protection = advance(PROTECTION, item.protection, item.points.length === 0 ? 'configureWithoutPoints' : 'configure');
  keepItem(world, item);
}

/** Protection ends, and the points stay. */
function stop(world: World, item: BackupItem): Order | Answer {
  if (item.protection === 'softDeleted') return SOFT_DELETED;
  if (follow(PROTECTION, item.protection, 'stop') === undefined) return invalidInput('The protection of this item is stopped already.');
  const done = (): void => {
    item.protection = advance(PROTECTION, item.protection, 'stop');
    keepItem(world, item);
  };
  return { job: jobOf(item, 'DisableBackup'), durationMs: DURATIONS.backupStopped, done };
}

/** What was deleted is there again, and is not backed up until somebody says by which policy. */
function undeletion(world: World, item: BackupItem): Order | Answer {
  if (follow(PROTECTION, item.protection, 'undelete') === undefined) return invalidInput('This item is not soft deleted.');
  const done = (): void => {
    // Kept for long enough, it may have gone meanwhile.
    if (item.protection === 'gone') return;
    item.protection = advance(PROTECTION, item.protection, 'undelete');
    item.deletedMs = undefined;
    keepItem(world, item);
  };
  return { job: jobOf(item, 'Undelete'), durationMs: DURATIONS.backupStopped, done };
}

/** DELETE of a protected item: its points go with it, at once or, as the vault guards them, after a while. */
export function deleteItem(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const item = vault.backupItems.get(param(call, 'protectedItemName').toLowerCase());
  const subject = item === undefined ? undefined : subjectOf(world, call, { vault, properties: NOTHING });
  if (item === undefined || subject === undefined) return { status: 204, effect: { effect: 'none', resource: call.path } };
  const resource = backupItemId(world, item);
  if (item.running !== undefined || isBeingChanged(world, item.machine)) return refusal(resource, BUSY);
  if (item.protection === 'softDeleted') return refusal(resource, SOFT_DELETED);
  const { job, operation } = startProtectionJob(world, call, {
    job: jobOf(item, 'DeleteBackupData'),
    durationMs: DURATIONS.backupDeleted,
    resource,
    request: UNPROTECT_OPERATION,
    result: () => ({ status: 204 }),
    done: () => (vault.security.softDelete === 'Disabled' ? dropItem(world, item) : holdDeleted(world, item)),
  });
  return {
    status: 202,
    headers: vaultOperationHeaders(world, operation, { vault, jobName: job.name }),
    effect: { effect: 'started', resource, operationId: operation.id, jobId: job.name },
  };
}

const NOTHING: Wanted = { protectedItemType: 'Microsoft.Compute/virtualMachines' };

function jobOf({ vault, machine, policy }: BackupItem, operation: ProtectionOrder['job']['operation']): ProtectionOrder['job'] {
  return { vault, machine, operation, policy: policy.name };
}
