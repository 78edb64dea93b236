import { z } from 'zod';
import { component, instant, milliseconds } from './component.ts';

/** A machine, its newest recovery point against what was promised, and its last restore test. */
export const backupMachine = component(
  'BackupMachine',
  z.object({
    machine: z.string(),
    id: z.string(),
    resourceGroup: z.string(),
    state: z.enum(['protected', 'late', 'unprotected', 'unknown']),
    message: z.string().optional(),
    policy: z.string().optional(),
    lastBackup: z.string().optional().describe('What Azure says of the last backup'),
    pointAt: instant.optional(),
    ageMs: milliseconds.optional(),
    rpoMs: milliseconds.optional().describe('The shortest promise of the runbooks that back it up or restore it'),
    rpo: z.enum(['met', 'exceeded', 'severe', 'critical', 'not_measured']),
    restoreTestAt: instant
      .optional()
      .describe('End of the last run that restored and proved it; only runs that succeeded as a whole count'),
  }),
);

/** Who needs somebody comes first; `unread` are subscriptions of which nothing is known. */
export const backupCoverageSchema = component(
  'BackupCoverage',
  z.object({
    items: z.array(backupMachine).readonly(),
    unread: z.array(z.object({ subscription: z.string(), message: z.string() })).readonly(),
    next: z.string().optional().describe('There are more machines: ask again with this as after'),
  }),
);

export const coverageQuery = z.strictObject({
  after: z.string().max(1000).optional().describe('`next` of the page before; machines come in the order of their ids'),
});
