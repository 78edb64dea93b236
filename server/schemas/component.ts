import { z } from 'zod';

/** The schemas that the contract names; everything else stands inline. */
export const components = z.registry<{ id: string }>();

/** Gives a schema its name in the contract. */
export function component<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  components.add(schema, { id });
  return schema;
}

/** RFC 3339 in UTC with milliseconds. */
export const instant = z.string().meta({ format: 'date-time' });

/** Milliseconds as an integer. */
export const milliseconds = z.number().int();

/** Any JSON object; what it may hold is defined by a runbook or an action, not by the API. */
export const jsonObject = z.record(z.string(), z.unknown());

/** A SHA-256 as 64 lower-case hex digits. */
export const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** Words of a person that are kept with what they explain. */
export const reason = z.string().trim().min(1).max(2000);

/** A list that may go on: `next` is the cursor of the following page. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item).readonly(), next: z.string().optional() });
}

/** Paging of a list; a cursor carries the filters it began with. */
export const paging = { limit: z.coerce.number().int().min(1).max(500).default(50), after: z.string().max(2000).optional() };

/** The header that makes a start or a decision repeatable. */
export const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .min(8)
    .max(200)
    .describe('Repeating a request with the same key and body gives the same answer and has no further effect'),
});

/** What accepting a word to a run answers: it is applied by the worker that holds the run, in order of position. */
export const commandAnswer = component(
  'CommandAnswer',
  z.object({ commandId: z.string(), position: z.number().int(), pending: z.boolean() }),
);
