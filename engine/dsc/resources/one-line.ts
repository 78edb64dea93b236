import { z } from 'zod';

/** A text that fits on one line of a script's argument. */
export const oneLine = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^[^\r\n\0]*$/, 'must be one line');

/** An absolute path. */
export const absolutePath = oneLine.regex(/^\//, 'must be an absolute path');

/** A name of a user or group as shadow-utils take it. */
export const accountName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$/, 'must be a name of an account');

/** The only line of an output; undefined when there are more, or none. */
export function onlyLine(output: string): string | undefined {
  return /^[^\n]+\n$/.test(output) ? output.slice(0, -1) : undefined;
}
