import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import { readAction } from './action.ts';
import { failed, failedRead } from './azure-answer.ts';

/** A result is kept in the record of the run; more than this does not fit. */
const ITEMS_MAX = 200;

/** Lists resources of a subscription, narrowed by group, type and tags. */
export const azureResourceList = readAction({
  name: 'azure.resource.list@1',
  summary: 'List resources of Azure',
  effect: 'read',
  severity: 'mild',
  target: 'none',
  impliesSubscription: true,
  input: z.strictObject({
    subscription: z
      .string()
      .min(1)
      .optional()
      .describe('Id of the subscription; without it, the one that the target sets of the runbook lie in'),
    resource_group: z.string().min(1).optional(),
    type: z
      .string()
      .regex(/^[A-Za-z0-9.]+\/[A-Za-z0-9./]+$/, 'must be a type such as Microsoft.Compute/disks')
      .optional(),
    tags: z.record(z.string(), z.string()).default({}).describe('Tags that a resource must have; names without case, values exactly'),
  }),
  result: { items: { list: 'dyn' } },
  timeoutMs: 120_000,
  permissions: rightsOf('resource.list'),
  read: async ({ azure }, { input, subscription: implied, signal }) => {
    const subscription = input.subscription ?? implied;
    if (subscription === undefined) return failed('target', 'no subscription is named, and the target sets do not lie in one');
    const filter = { subscription, resourceGroup: input.resource_group, type: input.type };
    const listed = await azure.read({ kind: 'resource.list', ...filter }, signal);
    if (listed.kind !== 'found') return failedRead('the resources', listed);
    const items = listed.value.filter(({ tags }) => Object.entries(input.tags).every(([name, value]) => tagOf(tags, name) === value));
    if (items.length > ITEMS_MAX)
      return failed('target', `${items.length} resources match, at most ${ITEMS_MAX} are kept: narrow by group, type or tags`);
    return {
      kind: 'succeeded',
      result: { items: items.map(({ id, name, type, location, tags }) => ({ id, name, type, location: location ?? null, tags })) },
    };
  },
});

function tagOf(tags: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(tags).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}
