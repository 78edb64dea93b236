import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import { readAction } from './action.ts';
import { failedRead } from './azure-answer.ts';

/** Reads any resource of Azure by its id. */
export const azureResourceGet = readAction({
  name: 'azure.resource.get@1',
  summary: 'Read a resource of Azure',
  effect: 'read',
  severity: 'mild',
  target: 'none',
  input: z.strictObject({
    id: z
      .string()
      .regex(/^\/subscriptions\//i, 'must be an ARM id')
      .describe('ARM id of the resource'),
    api_version: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}(-preview)?$/, 'must be a version such as 2024-05-01')
      .optional()
      .describe('Needed for providers that runward does not know'),
  }),
  result: { id: 'string', name: 'string', type: 'string', location: 'string', tags: { map: 'string' }, properties: 'dyn' },
  timeoutMs: 60_000,
  permissions: rightsOf('resource.get'),
  read: async ({ azure }, { input, signal }) => {
    const resource = await azure.read({ kind: 'resource.get', id: input.id, apiVersion: input.api_version }, signal);
    if (resource.kind !== 'found') return failedRead('the resource', resource);
    const { id, name, type, location, tags, properties } = resource.value;
    return { kind: 'succeeded', result: { id, name, type, location: location ?? null, tags, properties } };
  },
});
