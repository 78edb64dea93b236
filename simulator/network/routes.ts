import { resourceNotFound } from '../arm-errors.ts';
import { param } from '../route.ts';
import { keyOf } from '../world.ts';
import { networkBody, nicBody, securityGroupBody } from './views.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { World } from '../world.ts';

const apiVersions = ['2024-05-01'];
const PROVIDER = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Network';

/** The reads of the network provider that are served. */
export const NETWORK_ROUTES: readonly Route[] = [
  { operation: 'VirtualNetworks_Get', method: 'GET', path: `${PROVIDER}/virtualNetworks/{name}`, apiVersions, handle: getNetwork },
  { operation: 'NetworkInterfaces_Get', method: 'GET', path: `${PROVIDER}/networkInterfaces/{name}`, apiVersions, handle: getNic },
  {
    operation: 'NetworkSecurityGroups_Get',
    method: 'GET',
    path: `${PROVIDER}/networkSecurityGroups/{name}`,
    apiVersions,
    handle: getSecurityGroup,
  },
];

function getNetwork(world: World, call: Call): Answer {
  const network = world.networks.get(keyOf(param(call, 'resourceGroupName'), param(call, 'name')));
  return network === undefined ? missing(call, 'virtualNetworks') : { status: 200, body: networkBody(world, network) };
}

function getNic(world: World, call: Call): Answer {
  const nic = world.nics.get(keyOf(param(call, 'resourceGroupName'), param(call, 'name')));
  return nic === undefined ? missing(call, 'networkInterfaces') : { status: 200, body: nicBody(world, nic) };
}

function getSecurityGroup(world: World, call: Call): Answer {
  const owner = param(call, 'name').toLowerCase().replace(/^nsg-/, '');
  const network = world.networks.get(keyOf(param(call, 'resourceGroupName'), owner));
  if (network === undefined || !param(call, 'name').toLowerCase().startsWith('nsg-')) return missing(call, 'networkSecurityGroups');
  return { status: 200, body: securityGroupBody(world, network) };
}

function missing(call: Call, type: string): Answer {
  return resourceNotFound(`Microsoft.Network/${type}`, param(call, 'name'), param(call, 'resourceGroupName'));
}
