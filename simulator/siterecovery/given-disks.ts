import { z } from 'zod';
import { diskId } from '../arm-ids.ts';
import { siteRecoveryError } from './errors.ts';
import type { Answer } from '../route.ts';
import type { Machine, World } from '../world.ts';

/** The disks that a request names, and where their copies go. */
export const managedDisks = z.array(
  z.strictObject({
    diskId: z.string(),
    primaryStagingAzureStorageAccountId: z.string(),
    recoveryResourceGroupId: z.string(),
    recoveryReplicaDiskAccountType: z.string().optional(),
    recoveryTargetDiskAccountType: z.string().optional(),
  }),
);

/** Whether a request names every disk of a machine, and none else. */
export function areAllDisks(world: World, machine: Machine, given: z.infer<typeof managedDisks>): boolean {
  const wanted = [machine.osDisk, ...machine.dataDisks].map((disk) => diskId(world, machine.group, disk).toLowerCase());
  const named = given.map((disk) => disk.diskId.toLowerCase());
  return wanted.every((disk) => named.includes(disk)) && named.length === wanted.length;
}

/** The refusal of something that a request names, and that is another one. */
export function invalid(what: string): Answer {
  return siteRecoveryError(400, {
    code: 'InvalidParameter',
    message: `The ${what} is not valid.`,
    causes: 'The request names another one.',
    action: `Name the right ${what}.`,
  });
}
