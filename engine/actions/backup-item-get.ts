import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import { armIdUpTo } from '../ids.ts';
import { timeValue } from '../values.ts';
import { readAction } from './action.ts';
import { backupPlace } from './backup-place.ts';

/** How a machine is backed up: its vault, its policy and its last backup. A machine in no vault fails with `not_protected`. */
export const backupItemGet = readAction({
  name: 'backup.item.get@1',
  summary: 'Read how a virtual machine is backed up',
  effect: 'read',
  severity: 'mild',
  target: 'vm',
  input: z.strictObject({}),
  result: {
    protection_state: 'string',
    last_backup_time: 'timestamp',
    last_backup_status: 'string',
    vault_id: 'string',
    policy: 'string',
  },
  timeoutMs: 120_000,
  permissions: rightsOf('vm.get', 'backup.status', 'backup.item'),
  read: async (ports, context) => {
    const place = await backupPlace(ports, context);
    if (place.kind !== 'found') return place;
    const { item } = place;
    const result = {
      protection_state: item.protectionState ?? null,
      last_backup_time: item.lastBackupAtMs === undefined ? null : timeValue(item.lastBackupAtMs),
      last_backup_status: item.lastBackupStatus ?? '',
      vault_id: armIdUpTo(item.id, 'vaults') ?? null,
      policy: item.policyId?.split('/').at(-1) ?? null,
    };
    return {
      kind: 'succeeded',
      result,
      observations: [{ at: ports.clock.nowMs(), what: 'Backup state', data: { item: item.id, ...result } }],
    };
  },
});
