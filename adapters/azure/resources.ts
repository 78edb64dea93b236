import type { AzureResource, AzureTrafficProfile, ResourceFilter } from '../../engine/azure-resources.ts';
import type { JsonObject } from '../../engine/json.ts';
import { getResource, listAt, listResources, memberOf, sendResource, textAt, textMapAt } from './arm.ts';
import type { CallOptions } from './call-options.ts';
import type { Clients } from './clients.ts';

/** Reads any resource by its id. */
export async function getAny(
  clients: Clients,
  query: { readonly id: string; readonly apiVersion: string | undefined },
  abortSignal: AbortSignal,
): Promise<AzureResource> {
  return resourceOf(await getResource(clients, query.id, abortSignal, query.apiVersion), query.id);
}

/** Lists resources of a subscription or of one group. Tags are compared on our side: Azure cannot filter by tag and type together. */
export async function listAny(clients: Clients, filter: ResourceFilter, abortSignal: AbortSignal): Promise<readonly AzureResource[]> {
  const group = filter.resourceGroup === undefined ? '' : `/resourceGroups/${encodeURIComponent(filter.resourceGroup)}`;
  const type = filter.type === undefined ? '' : `&$filter=${encodeURIComponent(`resourceType eq '${filter.type}'`)}`;
  const path = `/subscriptions/${encodeURIComponent(filter.subscription)}${group}/resources?api-version=2025-04-01${type}`;
  return (await listResources(clients, path, abortSignal)).map((entry) => {
    if (textAt(entry, 'id') === undefined) throw new Error(`the list has a resource without an id: ${path}`);
    return resourceOf(entry, '');
  });
}

/** Reads a Traffic Manager profile. */
export async function getTrafficProfile(clients: Clients, profileId: string, abortSignal: AbortSignal): Promise<AzureTrafficProfile> {
  const profile = await getResource(clients, profileId, abortSignal);
  return {
    id: textAt(profile, 'id') ?? profileId,
    endpoints: listAt(profile, 'properties', 'endpoints').map((endpoint) => ({
      id: textAt(endpoint, 'id') ?? '',
      name: textAt(endpoint, 'name') ?? '',
      status: textAt(endpoint, 'properties', 'endpointStatus'),
    })),
  };
}

/** Sends PATCH of an endpoint's status. */
export async function setEndpoint(
  clients: Clients,
  operation: { readonly endpointId: string; readonly status: string },
  options: CallOptions,
): Promise<void> {
  const body = { properties: { endpointStatus: operation.status } };
  await sendResource(clients, { id: operation.endpointId, method: 'PATCH', body }, options);
}

function resourceOf(resource: unknown, asked: string): AzureResource {
  const id = textAt(resource, 'id') ?? asked;
  const properties = memberOf(resource, 'properties');
  return {
    id,
    name: textAt(resource, 'name') ?? id.split('/').at(-1) ?? id,
    type: textAt(resource, 'type') ?? '',
    location: textAt(resource, 'location'),
    tags: textMapAt(resource, 'tags'),
    properties: typeof properties === 'object' && !Array.isArray(properties) ? (properties as JsonObject) : {},
  };
}
