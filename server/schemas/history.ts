import { z } from 'zod';
import { component, instant, jsonObject } from './component.ts';

/** One numbered line of a run's history; numbers rise by one and have no gaps. */
export const eventSchema = component(
  'RunEvent',
  z.object({
    seq: z.number().int(),
    at: instant,
    type: z.string(),
    step: z.string().optional(),
    item: z.string().optional(),
    data: jsonObject,
  }),
);

export const eventQuery = z.strictObject({
  after: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(200),
});

export const eventPage = z.object({ items: z.array(eventSchema).readonly(), next: z.number().int() });

export const logQuery = z.strictObject({
  step: z.string().max(400).optional(),
  item: z.string().max(400).optional(),
  from: z.coerce.number().int().default(0).describe('First line number; negative counts from the end'),
  skip: z.coerce.number().int().min(0).optional().describe('Instead of from: how many of the matching lines to leave out'),
  limit: z.coerce.number().int().min(1).max(1000).default(1000),
});

/** Lines of a run's log; `dropped` counts those that are not here, `kept` tells why: the bound of the files, or of the tail in the store. */
export const logPage = component(
  'LogPage',
  z.object({
    lines: z
      .array(
        z.object({
          n: z.number().int(),
          at: instant,
          step: z.string(),
          item: z.string().optional(),
          stream: z.enum(['stdout', 'stderr', 'engine']),
          text: z.string(),
        }),
      )
      .readonly(),
    total: z.number().int(),
    dropped: z.number().int(),
    matching: z.number().int(),
    kept: z.enum(['files', 'tail']),
  }),
);

/** One hash-chained entry, exactly as it was hashed (`at` is milliseconds since 1970). */
const auditEntry = component(
  'AuditEntry',
  z.object({
    seq: z.number().int(),
    at: z.number().int(),
    actor: z.string(),
    event: z.string(),
    data: jsonObject,
    prev: z.string(),
    hash: z.string(),
  }),
);

/** Entries of the chain of the installation. `head` is its last one, and absent while there is none. */
export const installationAuditPage = component(
  'InstallationAudit',
  z.object({
    items: z.array(auditEntry).readonly(),
    head: z.object({ seq: z.number().int(), hash: z.string() }).optional(),
  }),
);

/** The hash-chained entries of a run. */
export const auditPage = component(
  'Audit',
  z.object({
    items: z.array(auditEntry).readonly(),
    head: z.string(),
    /** Where the chain does not hold; absent when it is whole. */
    broken: z.object({ seq: z.number().int(), why: z.string() }).optional(),
  }),
);

export const evidenceQuery = z.strictObject({ format: z.enum(['json', 'html']).default('json') });
export const waitQuery = z.strictObject({
  wait: z.string().max(20).optional().describe('Answer on the next change, at the latest after this duration (up to 60s)'),
});
