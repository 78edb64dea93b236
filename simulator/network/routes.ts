import { isReadable } from '../lists.ts';
import { param } from '../route.ts';
import { keyOf } from '../world.ts';
import { groupOwner, missing } from './find.ts';
import { ALERT_ROUTES } from './alerts.ts';
import { EDGE_ROUTES } from './edge.ts';
import { NIC_BODY, SECURITY_GROUP_BODY, putNic, putSecurityGroup, removeNic } from './writes.ts';
import { networkBody, nicBody, nicId, securityGroupBody } from './views.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { World } from '../world.ts';

const apiVersions = ['2024-05-01'];
const PROVIDER = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Network';

/** The reads of the network provider that are served. */
export const NETWORK_ROUTES: readonly Route[] = [
  { operation: 'VirtualNetworks_Get', method: 'GET', path: `${PROVIDER}/virtualNetworks/{name}`, apiVersions, handle: getNetwork },
  { operation: 'NetworkInterfaces_Get', method: 'GET', path: `${PROVIDER}/networkInterfaces/{name}`, apiVersions, handle: getNic },
  {
    operation: 'NetworkInterfaces_CreateOrUpdate',
    method: 'PUT',
    path: `${PROVIDER}/networkInterfaces/{name}`,
    apiVersions,
    body: NIC_BODY,
    handle: putNic,
  },
  { operation: 'NetworkInterfaces_Delete', method: 'DELETE', path: `${PROVIDER}/networkInterfaces/{name}`, apiVersions, handle: removeNic },
  {
    operation: 'NetworkSecurityGroups_CreateOrUpdate',
    method: 'PUT',
    path: `${PROVIDER}/networkSecurityGroups/{name}`,
    apiVersions,
    body: SECURITY_GROUP_BODY,
    handle: putSecurityGroup,
  },
  ...EDGE_ROUTES,
  ...ALERT_ROUTES,
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
  return nic === undefined || !isReadable(world, nicId(world, nic))
    ? missing(call, 'networkInterfaces')
    : { status: 200, body: nicBody(world, nic) };
}

function getSecurityGroup(world: World, call: Call): Answer {
  const network = groupOwner(world, call);
  if (network === undefined) return missing(call, 'networkSecurityGroups');
  return { status: 200, body: securityGroupBody(world, network) };
}
