import { z } from 'zod';
import { component } from './component.ts';
import { findingSchema } from './finding.ts';

/** An error as RFC 9457 has it, with our code, what is wrong where, and whether repeating helps. */
export const problemSchema = component(
  'Problem',
  z.object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string(),
    retryable: z.boolean(),
    requestId: z.string(),
    docs: z.string(),
    errors: z
      .array(z.object({ pointer: z.string(), code: z.string(), message: z.string() }))
      .readonly()
      .optional(),
    findings: z.array(findingSchema).readonly().optional(),
  }),
);

/** An error as it leaves the server. */
export type Problem = Readonly<z.infer<typeof problemSchema>>;
