import { z } from 'zod';
import { component } from './component.ts';

/** One finding about a document, with its place. */
export const findingSchema = component(
  'Finding',
  z.object({
    code: z.string(),
    severity: z.enum(['error', 'warning']),
    message: z.string(),
    hint: z.string(),
    file: z.string(),
    line: z.number().int(),
    column: z.number().int(),
    endLine: z.number().int(),
    endColumn: z.number().int(),
    pointer: z.string(),
    fix: z.object({ text: z.string() }).optional(),
    related: z.array(z.object({ message: z.string(), file: z.string(), line: z.number().int(), column: z.number().int() })).readonly(),
    docs: z.string(),
  }),
);

/** All findings of the given files. */
export const findingsSchema = component(
  'Findings',
  z.object({
    apiVersion: z.literal('runward/v1'),
    kind: z.literal('Findings'),
    outcome: z.enum(['succeeded', 'differences']),
    files: z.number().int(),
    counts: z.object({ errors: z.number().int(), warnings: z.number().int() }),
    findings: z.array(findingSchema).readonly(),
  }),
);

/** Documents by path; a path is a name here and never read from a disk. */
export const filesBody = z.strictObject({
  files: z
    .array(z.strictObject({ path: z.string().min(1).max(300), text: z.string() }))
    .min(1)
    .max(500),
});
