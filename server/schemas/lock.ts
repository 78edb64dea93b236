import { z } from 'zod';
import { component, instant, milliseconds, reason } from './component.ts';
import { confirm } from './run.ts';

/** A target that a run holds. `releasable` says whether a person may release it now. */
export const lockSchema = component(
  'Lock',
  z.object({
    target: z.string(),
    name: z.string(),
    run: z.object({ id: z.string(), number: z.number().int(), runbook: z.string(), status: z.string() }).optional(),
    since: instant,
    ageMs: milliseconds,
    releasable: z.boolean(),
    whyNot: z.string().optional(),
  }),
);

export const lockPage = z.object({ items: z.array(lockSchema).readonly() });
export const lockParams = z.object({ id: z.string().max(1500) });
export const releaseBody = z.strictObject({ reason: reason.optional(), confirm: confirm.describe('The name of the target') });
export const releasedSchema = z.object({ target: z.string(), released: z.literal(true) });
