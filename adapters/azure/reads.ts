import type { AzureQuery, AzureReadKind, AzureReads } from '../../engine/azure-calls.ts';
import { armIdPart } from '../../engine/ids.ts';
import { listGranted, listLocks } from './authorization.ts';
import { getBackupItem, getBackupJob, getBackupStatus, listBackupJobs, listBackupPoints } from './backup.ts';
import type { Clients, ClientSet } from './clients.ts';
import { getCollection, getDisk, getRestorePoint, listDisks } from './disks.ts';
import { getNetwork, getNic, getRouteTable, getSecurityGroup } from './network.ts';
import { getRunCommand, listRunCommands } from './run-command.ts';
import { getJob, listJobs } from './site-recovery-jobs.ts';
import { getPlan } from './recovery-plans.ts';
import { getAlert, getAlertRule } from './alerts.ts';
import { getAny, getTrafficProfile, listAny } from './resources.ts';
import { getRestoreSource } from './restores.ts';
import { getReversed } from './reversed-protection.ts';
import { getItem, listItems, listPoints } from './site-recovery.ts';
import { getVm, listVms } from './virtual-machines.ts';

type Reader<Kind extends AzureReadKind> = (
  clients: Clients,
  query: AzureQuery<Kind>,
  signal: AbortSignal,
) => Promise<AzureReads[Kind]['value']>;

/** One function per question; each makes one call of an SDK or one GET, lists follow their pages. */
const READERS: { readonly [Kind in AzureReadKind]: Reader<Kind> } = {
  'vm.get': (clients, { vmId }, signal) => getVm(setFor(clients, vmId), vmId, signal),
  'disk.get': (clients, { diskId }, signal) => getDisk(setFor(clients, diskId), diskId, signal),
  'disk.list': (clients, { groupId }, signal) => listDisks(setFor(clients, groupId), groupId, signal),
  'restorePoint.get': (clients, { pointId }, signal) => getRestorePoint(setFor(clients, pointId), pointId, signal),
  'restorePoints.get': (clients, { collectionId }, signal) => getCollection(setFor(clients, collectionId), collectionId, signal),
  'nic.get': (clients, { nicId }, signal) => getNic(clients, nicId, signal),
  'runCommand.list': (clients, { vmId }, signal) => listRunCommands(setFor(clients, vmId), vmId, signal),
  'runCommand.get': (clients, query, signal) => getRunCommand(setFor(clients, query.vmId), query, signal),
  'sr.item': (clients, { itemId }, signal) => getItem(setFor(clients, itemId), itemId, signal),
  'sr.items': (clients, { vaultId }, signal) => listItems(setFor(clients, vaultId), vaultId, signal),
  'sr.reversed': (clients, { itemId }, signal) => getReversed(clients, itemId, signal),
  'sr.points': (clients, { itemId }, signal) => listPoints(setFor(clients, itemId), itemId, signal),
  'sr.plan': (clients, { planId }, signal) => getPlan(setFor(clients, planId), planId, signal),
  'sr.job': (clients, { jobId }, signal) => getJob(setFor(clients, jobId), jobId, signal),
  'sr.jobs': (clients, query, signal) => listJobs(setFor(clients, query.vaultId), query, signal),
  'vm.list': (clients, { subscription }, signal) => listVms(clients.read(subscription), signal),
  'backup.status': (clients, query, signal) => getBackupStatus(setFor(clients, query.vmId), query, signal),
  'backup.item': (clients, { itemId }, signal) => getBackupItem(setFor(clients, itemId), itemId, signal),
  'backup.points': (clients, query, signal) => listBackupPoints(setFor(clients, query.itemId), query, signal),
  'backup.job': (clients, { jobId }, signal) => getBackupJob(setFor(clients, jobId), jobId, signal),
  'backup.source': (clients, query, signal) => getRestoreSource(clients, query, signal),
  'backup.restores': (clients, query, signal) => listBackupJobs(setFor(clients, query.vaultId), { ...query, operation: 'Restore' }, signal),
  'backup.jobs': (clients, query, signal) => listBackupJobs(setFor(clients, query.vaultId), { ...query, operation: 'Backup' }, signal),
  'net.network': (clients, { networkId }, signal) => getNetwork(clients, networkId, signal),
  'net.securityGroup': (clients, { securityGroupId }, signal) => getSecurityGroup(clients, securityGroupId, signal),
  'trafficManager.profile': (clients, { profileId }, signal) => getTrafficProfile(clients, profileId, signal),
  'resource.get': (clients, query, signal) => getAny(clients, query, signal),
  'resource.list': (clients, query, signal) => listAny(clients, query, signal),
  'alert.get': (clients, { alertId }, signal) => getAlert(clients, alertId, signal),
  'alert.rule': (clients, { ruleId }, signal) => getAlertRule(clients, ruleId, signal),
  'auth.permissions': (clients, { scope }, signal) => listGranted(clients, scope, signal),
  'auth.locks': (clients, { scope }, signal) => listLocks(clients, scope, signal),
  'net.routeTable': (clients, { routeTableId }, signal) => getRouteTable(clients, routeTableId, signal),
};

/** Answers one question. Throws what the SDK throws, and an error for an id that cannot be read. */
export function answer<Kind extends AzureReadKind>(
  clients: Clients,
  query: AzureQuery<Kind>,
  signal: AbortSignal,
): Promise<AzureReads[Kind]['value']> {
  const reader = READERS[query.kind as Kind];
  return reader(clients, query, signal);
}

function setFor(clients: Clients, id: string): ClientSet {
  return clients.read(armIdPart(id, 'subscriptions') ?? '');
}
