import { ALERT_ROUTES } from './alerts.ts';
import { EDGE_ROUTES } from './edge.ts';
import { FOLLOW_ROUTES } from './follow.ts';
import { NIC_BODY, getNic, listNics, patchNic, putNic, removeNic } from './interfaces.ts';
import { NETWORK_BODY } from './network-plan.ts';
import { getNetwork, listNetworks, patchNetwork, putNetwork, removeNetwork } from './networks.ts';
import { PEERING_BODY, getPeering, listPeerings, putPeering, removePeering } from './peerings.ts';
import {
  SECURITY_GROUP_BODY,
  TAGS_BODY,
  getSecurityGroup,
  listSecurityGroups,
  patchSecurityGroup,
  putSecurityGroup,
  removeSecurityGroup,
} from './security-groups.ts';
import { PART_KINDS } from './subnet-parts.ts';
import type { z } from 'zod';
import type { Route } from '../route.ts';

const apiVersions = ['2024-05-01'];
const EVERYWHERE = '/subscriptions/{subscriptionId}/providers/Microsoft.Network';
const PROVIDER = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Network';
const PEERINGS = `${PROVIDER}/virtualNetworks/{name}/virtualNetworkPeerings`;

/** What the network provider can do with one kind of resource. */
interface Kind {
  readonly name: string;
  readonly type: string;
  readonly body: z.ZodType;
  readonly get: Route['handle'];
  readonly list: Route['handle'];
  readonly put: Route['handle'];
  readonly patch: Route['handle'];
  readonly remove: Route['handle'];
}

const KINDS: readonly Kind[] = [
  {
    name: 'VirtualNetworks',
    type: 'virtualNetworks',
    body: NETWORK_BODY,
    get: getNetwork,
    list: listNetworks,
    put: putNetwork,
    patch: patchNetwork,
    remove: removeNetwork,
  },
  {
    name: 'NetworkInterfaces',
    type: 'networkInterfaces',
    body: NIC_BODY,
    get: getNic,
    list: listNics,
    put: putNic,
    patch: patchNic,
    remove: removeNic,
  },
  {
    name: 'NetworkSecurityGroups',
    type: 'networkSecurityGroups',
    body: SECURITY_GROUP_BODY,
    get: getSecurityGroup,
    list: listSecurityGroups,
    put: putSecurityGroup,
    patch: patchSecurityGroup,
    remove: removeSecurityGroup,
  },
  ...PART_KINDS,
];

/** The operations of the network provider that are served, and what else belongs to the edge of a network. */
export const NETWORK_ROUTES: readonly Route[] = [
  ...KINDS.flatMap(routesOf),
  { operation: 'VirtualNetworkPeerings_List', method: 'GET', path: PEERINGS, apiVersions, handle: listPeerings },
  { operation: 'VirtualNetworkPeerings_Get', method: 'GET', path: `${PEERINGS}/{peeringName}`, apiVersions, handle: getPeering },
  {
    operation: 'VirtualNetworkPeerings_CreateOrUpdate',
    method: 'PUT',
    path: `${PEERINGS}/{peeringName}`,
    apiVersions,
    body: PEERING_BODY,
    handle: putPeering,
  },
  { operation: 'VirtualNetworkPeerings_Delete', method: 'DELETE', path: `${PEERINGS}/{peeringName}`, apiVersions, handle: removePeering },
  ...FOLLOW_ROUTES,
  ...EDGE_ROUTES,
  ...ALERT_ROUTES,
];

function routesOf({ name, type, body, get, list, put, patch, remove }: Kind): readonly Route[] {
  const all = `${PROVIDER}/${type}`;
  const one = `${all}/{name}`;
  return [
    { operation: `${name}_Get`, method: 'GET', path: one, apiVersions, handle: get },
    { operation: `${name}_List`, method: 'GET', path: all, apiVersions, handle: list },
    { operation: `${name}_ListAll`, method: 'GET', path: `${EVERYWHERE}/${type}`, apiVersions, handle: list },
    { operation: `${name}_CreateOrUpdate`, method: 'PUT', path: one, apiVersions, body, handle: put },
    { operation: `${name}_UpdateTags`, method: 'PATCH', path: one, apiVersions, body: TAGS_BODY, handle: patch },
    { operation: `${name}_Delete`, method: 'DELETE', path: one, apiVersions, handle: remove },
  ];
}
