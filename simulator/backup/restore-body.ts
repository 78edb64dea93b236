import { z } from 'zod';

/** Staging goes through a storage account of the caller, or through one that an identity reaches. */
const STORAGE = {
  storageAccountId: z.string().optional(),
  identityBasedRestoreDetails: z.strictObject({ objectType: z.string().optional(), targetStorageAccountId: z.string() }).optional(),
  identityInfo: z
    .strictObject({ isSystemAssignedIdentity: z.boolean().optional(), managedIdentityResourceId: z.string().optional() })
    .optional(),
};
const COMMON = {
  objectType: z.literal('IaasVMRestoreRequest'),
  recoveryPointId: z.string(),
  sourceResourceId: z.string(),
  region: z.string(),
  createNewCloudService: z.boolean(),
  originalStorageAccountOption: z.boolean(),
  // No machine of this world is encrypted.
  encryptionDetails: z.strictObject({ encryptionEnabled: z.literal(false) }).optional(),
  ...STORAGE,
};

const DISKS = z.strictObject({
  ...COMMON,
  recoveryType: z.literal('RestoreDisks'),
  targetResourceGroupId: z.string(),
  restoreWithManagedDisks: z.boolean(),
});

const MACHINE = z.strictObject({
  ...COMMON,
  recoveryType: z.literal('AlternateLocation'),
  targetResourceGroupId: z.string(),
  targetVirtualMachineId: z.string(),
  virtualNetworkId: z.string(),
  subnetId: z.string(),
  restoreWithManagedDisks: z.boolean().optional(),
});

/** Kinds of restore that Azure has and that are not served, whatever else they say. */
const IN_PLACE = z.looseObject({ objectType: z.literal('IaasVMRestoreRequest'), recoveryType: z.literal('OriginalLocation') });
const FROM_ARCHIVE = z.looseObject({ objectType: z.literal('IaasVMRestoreWithRehydrationRequest') });

/** Body of a restore: what one kind of it needs, another forbids. */
export const RESTORE_BODY = z.strictObject({
  properties: z.discriminatedUnion('objectType', [z.discriminatedUnion('recoveryType', [DISKS, MACHINE, IN_PLACE]), FROM_ARCHIVE]),
});

export type DisksWanted = z.infer<typeof DISKS>;
export type MachineWanted = z.infer<typeof MACHINE>;
export type RestoreWanted = z.infer<typeof RESTORE_BODY>['properties'];

/** Whether a request is for one of the kinds that are served. */
export function isServed(wanted: RestoreWanted): wanted is DisksWanted | MachineWanted {
  return wanted.objectType === 'IaasVMRestoreRequest' && wanted.recoveryType !== 'OriginalLocation';
}
