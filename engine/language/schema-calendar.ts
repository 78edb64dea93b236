import { z } from 'zod';
import { instant, name, positiveDuration, text } from './schema-scalars.ts';
import { MAPS } from './schema-maps.ts';
import { metadata } from './schema-v1.ts';

const window = z
  .strictObject({
    cron: z.string().min(1),
    duration: positiveDuration,
    timezone: z.string().min(1),
    day_match: z.enum(['and', 'or']).optional(),
  })
  .register(MAPS, { title: 'window' });

const freeze = z
  .strictObject({ from: instant, to: instant, reason: text, environments: z.array(name).min(1) })
  .register(MAPS, { title: 'freeze' });

/** The closed schema of kind Calendar. */
export const calendarSchema = z
  .strictObject({
    apiVersion: z.literal('runward/v1'),
    kind: z.literal('Calendar'),
    metadata,
    windows: z.array(window).min(1).max(100).optional(),
    freezes: z.array(freeze).min(1).max(1000).optional(),
  })
  .register(MAPS, { title: 'the calendar' });

/** A calendar as written. */
export type CalendarSource = z.infer<typeof calendarSchema>;
