import { z } from 'zod';
import { parseDurationMs } from '../language/duration.ts';

/** An argument that is a duration: text such as `30d`, or what an expression of type duration yields. Parsed to milliseconds. */
export const durationInput = z
  .union([
    z.string().refine((text) => parseDurationMs(text) !== undefined, 'not a duration such as 90s, 1h30m or 30d'),
    z.strictObject({ $duration: z.number() }),
  ])
  .transform((value) => (typeof value === 'string' ? (parseDurationMs(value) ?? 0) : value.$duration));
