import type { Action } from './action.ts';
import { asrItemGet } from './asr-item-get.ts';
import { asrItemTestFailoverCleanup } from './asr-item-test-failover-cleanup.ts';
import { asrItemTestFailover } from './asr-item-test-failover.ts';
import { asrPlanCommit } from './asr-plan-commit.ts';
import { asrPlanFailover } from './asr-plan-failover.ts';
import { asrPlanGet } from './asr-plan-get.ts';
import { asrPlanReprotect } from './asr-plan-reprotect.ts';
import { asrPlanTestFailoverCleanup } from './asr-plan-test-failover-cleanup.ts';
import { asrPlanTestFailover } from './asr-plan-test-failover.ts';
import { azureNetworkCheckIsolated } from './azure-network-check-isolated.ts';
import { azureVmDeallocate } from './azure-vm-deallocate.ts';
import { azureVmGet } from './azure-vm-get.ts';
import { azureVmStart } from './azure-vm-start.ts';
import { azureAlertGet } from './azure-alert-get.ts';
import { azureNsgSetRules } from './azure-nsg-set-rules.ts';
import { azureResourceGet } from './azure-resource-get.ts';
import { azureResourceList } from './azure-resource-list.ts';
import { azureRestorePointCreate } from './azure-restore-point-create.ts';
import { azureTrafficmanagerSetEndpoint } from './azure-trafficmanager-set-endpoint.ts';
import { azureVmDelete } from './azure-vm-delete.ts';
import { azureVmInstallPatches } from './azure-vm-install-patches.ts';
import { azureVmRestart } from './azure-vm-restart.ts';
import { azureVmRevertToRestorePoint } from './azure-vm-revert-to-restore-point.ts';
import { backupRecoveryPointLatest } from './backup-recovery-point-latest.ts';
import { backupItemGet } from './backup-item-get.ts';
import { backupRestoreVm } from './backup-restore-vm.ts';
import { backupTrigger } from './backup-trigger.ts';
import { dnsCheck } from './dns-check.ts';
import { dscCompare } from './dsc-compare.ts';
import { dscExport } from './dsc-export.ts';
import { dscSet } from './dsc-set.ts';
import { dscTest } from './dsc-test.ts';
import { httpCheck } from './http-check.ts';
import { notifySend } from './notify-send.ts';
import { tcpCheck } from './tcp-check.ts';
import { tlsCheck } from './tls-check.ts';

const LIST: readonly Action[] = [
  asrItemGet,
  asrItemTestFailoverCleanup,
  asrItemTestFailover,
  asrPlanCommit,
  asrPlanFailover,
  asrPlanGet,
  asrPlanReprotect,
  asrPlanTestFailoverCleanup,
  asrPlanTestFailover,
  azureNetworkCheckIsolated,
  azureVmDeallocate,
  azureVmGet,
  azureVmStart,
  azureAlertGet,
  azureNsgSetRules,
  azureResourceGet,
  azureResourceList,
  azureRestorePointCreate,
  azureTrafficmanagerSetEndpoint,
  azureVmDelete,
  azureVmInstallPatches,
  azureVmRestart,
  azureVmRevertToRestorePoint,
  backupRecoveryPointLatest,
  backupItemGet,
  backupRestoreVm,
  backupTrigger,
  dnsCheck,
  dscCompare,
  dscExport,
  dscSet,
  dscTest,
  httpCheck,
  notifySend,
  tcpCheck,
  tlsCheck,
];

/** Every action by its name with major, for example `asr.item.get@1`; sorted by name. */
export const actions: ReadonlyMap<string, Action> = new Map(LIST.map((action) => [action.name, action]));
