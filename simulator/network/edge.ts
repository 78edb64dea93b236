import { z } from 'zod';
import { may } from '../access/rights.ts';
import { armError, resourceNotFound } from '../arm-errors.ts';
import { networkResourceId } from '../arm-ids.ts';
import { listed } from '../lists.ts';
import { param } from '../route.ts';
import { keyOf } from '../world.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { World } from '../world.ts';

const PROFILE =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Network/trafficmanagerprofiles/{profileName}';
const ENDPOINT_OPERATION = 'Endpoints_Update';

const ENDPOINT_BODY = z.strictObject({ properties: z.strictObject({ endpointStatus: z.enum(['Enabled', 'Disabled']) }) });

/** Traffic Manager and the list of resources. */
export const EDGE_ROUTES: readonly Route[] = [
  { operation: 'Profiles_Get', method: 'GET', path: PROFILE, apiVersions: ['2022-04-01'], handle: getProfile },
  {
    operation: ENDPOINT_OPERATION,
    method: 'PATCH',
    path: `${PROFILE}/{endpointType}/{endpointName}`,
    apiVersions: ['2022-04-01'],
    body: ENDPOINT_BODY,
    handle: patchEndpoint,
  },
  {
    operation: 'Resources_List',
    method: 'GET',
    path: '/subscriptions/{subscriptionId}/resources',
    apiVersions: ['2025-04-01'],
    handle: listResources,
  },
  {
    operation: 'Resources_ListByResourceGroup',
    method: 'GET',
    path: '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/resources',
    apiVersions: ['2025-04-01'],
    handle: listResources,
  },
];

/** A Traffic Manager profile of the estate. */
export type Profile = World['estate']['trafficManager'][number];

function findProfile(world: World, call: Call): Profile | Answer {
  const group = param(call, 'resourceGroupName');
  const name = param(call, 'profileName');
  const found = world.estate.trafficManager.find((each) => keyOf(each.group, each.name) === keyOf(group, name));
  return found ?? resourceNotFound('Microsoft.Network/trafficManagerProfiles', name, group);
}

function profileId(world: World, profile: Profile): string {
  return networkResourceId(world, { group: profile.group, type: 'trafficManagerProfiles', name: profile.name });
}

function endpointId(world: World, profile: Profile, endpoint: Profile['endpoints'][number]): string {
  return `${profileId(world, profile)}/externalEndpoints/${endpoint.name}`;
}

/** Whether an endpoint takes part in answering names. */
export function endpointStatus(world: World, profile: Profile, endpoint: Profile['endpoints'][number]): 'Enabled' | 'Disabled' {
  return world.endpoints.get(endpointId(world, profile, endpoint).toLowerCase()) ?? (endpoint.enabled ? 'Enabled' : 'Disabled');
}

function endpointBody(world: World, profile: Profile, endpoint: Profile['endpoints'][number]): Readonly<Record<string, unknown>> {
  const id = endpointId(world, profile, endpoint);
  const status = endpointStatus(world, profile, endpoint);
  return {
    id,
    name: endpoint.name,
    type: 'Microsoft.Network/trafficManagerProfiles/externalEndpoints',
    properties: {
      endpointStatus: status,
      endpointMonitorStatus: status === 'Enabled' ? 'Online' : 'Disabled',
      target: endpoint.target,
      weight: 1,
      priority: 1 + profile.endpoints.indexOf(endpoint),
    },
  };
}

function getProfile(world: World, call: Call): Answer {
  const profile = findProfile(world, call);
  if ('status' in profile) return profile;
  return {
    status: 200,
    body: {
      id: profileId(world, profile),
      name: profile.name,
      type: 'Microsoft.Network/trafficManagerProfiles',
      location: 'global',
      properties: {
        profileStatus: 'Enabled',
        trafficRoutingMethod: 'Priority',
        dnsConfig: { relativeName: profile.name, fqdn: `${profile.name}.trafficmanager.example`, ttl: 30 },
        endpoints: profile.endpoints.map((endpoint) => endpointBody(world, profile, endpoint)),
      },
    },
  };
}

function patchEndpoint(world: World, call: Call): Answer {
  const profile = findProfile(world, call);
  if ('status' in profile) return profile;
  const name = param(call, 'endpointName');
  const endpoint = profile.endpoints.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (endpoint === undefined || param(call, 'endpointType').toLowerCase() !== 'externalendpoints')
    return resourceNotFound('Microsoft.Network/trafficManagerProfiles/externalEndpoints', name, profile.group);
  const { properties } = call.body as z.infer<typeof ENDPOINT_BODY>;
  const resource = endpointId(world, profile, endpoint);
  world.endpoints.set(resource.toLowerCase(), properties.endpointStatus);
  world.ledger.newPeriod(resource, ENDPOINT_OPERATION);
  return { status: 200, body: endpointBody(world, profile, endpoint), effect: { effect: 'started', resource } };
}

/** What the bodies of all kinds of resources have. */
interface ResourceBody {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly location: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Machines, disks and interfaces that the caller may read; filtered by `resourceType eq`, the one filter that is served. */
function listResources(world: World, call: Call): Answer {
  const filter = call.query.get('$filter');
  const wanted = filter === null ? undefined : /^resourceType eq '([^']+)'$/i.exec(filter)?.[1];
  if (filter !== null && wanted === undefined) return armError(400, 'InvalidFilterInQueryString', `The filter '${filter}' is not valid.`);
  const group = call.params['resourceGroupName']?.toLowerCase();
  const all = ['virtualMachines', 'disks', 'networkInterfaces'].flatMap((kind) => listed(world, kind) as readonly ResourceBody[]);
  const value = all
    .filter((each) => group === undefined || each.id.toLowerCase().includes(`/resourcegroups/${group}/`))
    .filter((each) => wanted === undefined || each.type.toLowerCase() === wanted.toLowerCase())
    .filter((each) => may(world, call.caller, { action: `${each.type}/read`, scope: each.id }))
    .map(({ id, name, type, location, tags = {} }) => ({ id, name, type, location, ...(Object.keys(tags).length === 0 ? {} : { tags }) }));
  return { status: 200, body: { value } };
}
