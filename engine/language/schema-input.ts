import { z } from 'zod';
import { MAPS } from './schema-maps.ts';
import { id, templated, text } from './schema-scalars.ts';

/** The definition of an input, of a field of a form, of the items of a list or of a member of an object. */
export const input = z.strictObject({
  type: z.enum(['string', 'integer', 'number', 'duration', 'datetime', 'array', 'boolean', 'object', 'azure_id', 'file', 'secret']),
  description: text.optional(),
  default: templated.optional(),
  enum: z
    .array(z.union([z.string(), z.number()]))
    .min(1)
    .optional(),
  pattern: z.string().max(1000).optional(),
  min_length: z.number().int().min(0).optional(),
  max_length: z.number().int().min(0).max(65_536).optional(),
  min: z.union([z.number(), z.string()]).optional(),
  max: z.union([z.number(), z.string()]).optional(),
  resource_type: z.string().optional(),

  get items(): z.ZodOptional<typeof input> {
    return z.optional(input);
  },
  get fields(): z.ZodOptional<z.ZodRecord<typeof id, typeof input>> {
    return z.optional(z.record(id, input));
  },
});
input.register(MAPS, { title: 'input' });

/** An input definition as written. */
export type InputSource = z.infer<typeof input>;
