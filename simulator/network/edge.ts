import { z } from 'zod';
import { resourceNotFound } from '../arm-errors.ts';
import { networkResourceId } from '../arm-ids.ts';
import { param } from '../route.ts';
import { isGone } from '../resources/gone.ts';
import { keyOf } from '../world.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { World } from '../world.ts';

const PROFILE =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Network/trafficmanagerprofiles/{profileName}';
const TYPE = 'Microsoft.Network/trafficManagerProfiles';
const ENDPOINT_OPERATION = 'Endpoints_Update';

const ENDPOINT_BODY = z.strictObject({ properties: z.strictObject({ endpointStatus: z.enum(['Enabled', 'Disabled']) }) });

/** Traffic Manager. */
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
];

/** A Traffic Manager profile of the estate. */
export type Profile = World['estate']['trafficManager'][number];

function findProfile(world: World, call: Call): Profile | Answer {
  const group = param(call, 'resourceGroupName');
  const name = param(call, 'profileName');
  const found = world.estate.trafficManager.find(
    (each) => keyOf(each.group, each.name) === keyOf(group, name) && !isGone(world, { type: TYPE, ...each }),
  );
  return found ?? resourceNotFound(TYPE, name, group);
}

function profileId(world: World, profile: Profile): string {
  return networkResourceId(world, { group: profile.group, type: 'trafficManagerProfiles', name: profile.name });
}

function endpointId(world: World, profile: Profile, endpoint: Profile['endpoints'][number]): string {
  return `${profileId(world, profile)}/externalEndpoints/${endpoint.name}`;
}

/** Whether an endpoint takes part in answering names. */
export function endpointStatus(world: World, profile: Profile, endpoint: Profile['endpoints'][number]): 'Enabled' | 'Disabled' {
  if (isGone(world, { type: TYPE, group: profile.group, name: profile.name })) return 'Disabled';
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
