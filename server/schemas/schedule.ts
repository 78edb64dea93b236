import { z } from 'zod';
import { component, instant, milliseconds, page, reason } from './component.ts';

const zone = z.string().min(1).max(100);

/** A schedule as published, with its state and its next slot. */
export const scheduleSchema = component(
  'Schedule',
  z.object({
    apiVersion: z.literal('runward/v1'),
    kind: z.literal('Schedule'),
    id: z.string().describe('`<runbook>.<schedule id>`'),
    runbook: z.string(),
    environment: z.string(),
    checks: z.literal(true).optional().describe('It makes the readiness checks of the runbook alone, and cannot be triggered'),
    cron: z.string(),
    words: z.string().optional().describe('The pattern in words, where it is a common one'),
    timezone: z.string(),
    state: z.enum(['active', 'paused', 'parked', 'disabled', 'ended']),
    overlap: z.enum(['skip', 'queue', 'allow']),
    missed: z.object({ run: z.enum(['none', 'latest', 'all']), withinMs: milliseconds, max: z.number().int() }),
    jitterMs: milliseconds,
    from: instant.optional(),
    until: instant.optional(),
    pauseAfterFailures: z.number().int().optional(),
    failures: z.number().int().describe('Failed runs since the last good one'),
    publishedBy: z.string(),
    next: z.object({ slot: instant, startsAt: instant, local: z.string() }).optional(),
    pause: z.object({ reason: z.string(), by: z.string(), at: instant, until: instant.optional() }).optional(),
    last: z.lazy(() => slotSchema).optional(),
    stuck: z.string().optional().describe('Why a slot that is to run has no run yet'),
  }),
);

/** What became of a slot. */
export const slotSchema = component(
  'Slot',
  z.object({
    slot: instant,
    outcome: z.enum(['run', 'skipped', 'missed']),
    reason: z.string().optional(),
    runId: z.string().optional(),
    at: instant,
  }),
);

/** Coming and past slots of a schedule. */
export const slotsSchema = component(
  'Slots',
  z.object({
    apiVersion: z.literal('runward/v1'),
    kind: z.literal('Slots'),
    schedule: z.string(),
    timezone: z.string(),
    next: z
      .array(
        z.object({
          slot: instant.optional().describe('Absent for a time that a change of the clock leaves out'),
          startsAt: instant.optional().describe('The slot and its jitter'),
          local: z.string(),
          yours: z.string().optional(),
          note: z.string().optional(),
        }),
      )
      .readonly(),
    past: z.array(slotSchema).readonly().describe('Newest first'),
    pending: z
      .array(
        z.object({
          slot: instant,
          reason: z.string(),
          since: instant.optional(),
          begun: z.boolean().describe('Somebody was about to create its run'),
        }),
      )
      .readonly()
      .describe('Slots that are to run and have no run yet'),
  }),
);

export const schedulePage = page(scheduleSchema);
export const scheduleParams = z.object({ id: z.string().max(300) });

export const slotsQuery = z.object({
  from: z.string().max(40).optional().describe('RFC 3339, or a date in the zone of the schedule'),
  count: z.coerce.number().int().min(1).max(200).default(10),
  zone: zone.optional().describe('A second zone to show the slots in'),
});

export const pauseBody = z.strictObject({ reason, until: instant.optional() });
export const skipBody = z.strictObject({ reason });
export const resumeBody = z.strictObject({ reason: reason.optional() });
export const triggerBody = z.strictObject({ reason: reason.optional() });
