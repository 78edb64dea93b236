import { z } from 'zod';
import { may } from '../access/rights.ts';
import { armError, refusal } from '../arm-errors.ts';
import { groupId } from '../arm-ids.ts';
import { listed } from '../lists.ts';
import { findOperation, isOperation, operationResult } from '../operations.ts';
import { paged } from '../paging.ts';
import { param } from '../route.ts';
import { resourceFilter } from './filter.ts';
import { groupBody, groupChanged, groupNamed } from './group.ts';
import { CREATE_GROUP, DELETE_GROUP, deleteGroup } from './group-deletion.ts';
import { listResources, topOf } from './listing.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { World } from '../world.ts';
import type { ResourceGroup } from './group.ts';

const apiVersions = ['2025-04-01'];
const SUBSCRIPTION = '/subscriptions/{subscriptionId}';
const GROUPS = `${SUBSCRIPTION}/resourceGroups`;
const GROUP = `${GROUPS}/{resourceGroupName}`;
const GROUP_READ = 'Microsoft.Resources/subscriptions/resourceGroups/read';
const NAME_MAX = 90;
const RETRY_SECONDS = 15;

const GROUP_BODY = z.strictObject({
  location: z.string(),
  tags: z.record(z.string(), z.string()).optional(),
  managedBy: z.string().optional(),
});

/** Subscriptions, resource groups and the resources in them. */
export const RESOURCE_ROUTES: readonly Route[] = [
  { operation: 'Subscriptions_List', method: 'GET', path: '/subscriptions', apiVersions: ['2022-12-01'], handle: listSubscriptions },
  { operation: 'Subscriptions_Get', method: 'GET', path: SUBSCRIPTION, apiVersions: ['2022-12-01'], handle: getSubscription },
  { operation: 'ResourceGroups_List', method: 'GET', path: GROUPS, apiVersions, handle: listGroups },
  { operation: 'ResourceGroups_Get', method: 'GET', path: GROUP, apiVersions, handle: getGroup },
  { operation: 'ResourceGroups_CheckExistence', method: 'HEAD', path: GROUP, apiVersions, handle: () => ({ status: 204 }) },
  { operation: CREATE_GROUP, method: 'PUT', path: GROUP, apiVersions, body: GROUP_BODY, handle: putGroup },
  { operation: DELETE_GROUP, method: 'DELETE', path: GROUP, apiVersions, handle: removeGroup },
  { operation: 'Resources_List', method: 'GET', path: `${SUBSCRIPTION}/resources`, apiVersions, handle: listResources },
  { operation: 'Resources_ListByResourceGroup', method: 'GET', path: `${GROUP}/resources`, apiVersions, handle: listResources },
  {
    operation: 'OperationResults_Get',
    method: 'GET',
    path: `${SUBSCRIPTION}/operationresults/{operationId}`,
    apiVersions,
    handle: getResult,
  },
];

function subscriptionBody(world: World): Readonly<Record<string, unknown>> {
  const { subscriptions, tenant } = world.estate;
  return {
    id: `/subscriptions/${world.subscriptionId}`,
    authorizationSource: 'RoleBased',
    subscriptionId: world.subscriptionId,
    tenantId: tenant,
    displayName: subscriptions[0]?.name,
    state: 'Enabled',
    subscriptionPolicies: { locationPlacementId: 'Public_2014-09-01', quotaId: 'EnterpriseAgreement_2014-09-01', spendingLimit: 'Off' },
  };
}

function getSubscription(world: World): Answer {
  return { status: 200, body: subscriptionBody(world) };
}

/** The subscriptions in which the caller has any role. */
function listSubscriptions(world: World, call: Call): Answer {
  const roles = world.estate.principals.find(({ name }) => name === call.caller.name)?.roles;
  const value = roles === undefined || roles.length > 0 ? [subscriptionBody(world)] : [];
  return { status: 200, body: { value, count: { type: 'Total', value: value.length } } };
}

/** The groups that the caller may read; `$filter` knows their tags alone. */
function listGroups(world: World, call: Call): Answer {
  const text = call.query.get('$filter');
  const filter = text === null ? undefined : resourceFilter(text);
  if (text !== null && filter?.byTags !== true) return armError(400, 'InvalidFilterInQueryString', `The filter '${text}' is not valid.`);
  const most = topOf(call);
  if (typeof most !== 'number') return most;
  const bodies = (listed(world, 'resourceGroups') as readonly ReturnType<typeof groupBody>[])
    .filter(({ id }) => may(world, call.caller, { action: GROUP_READ, scope: id }))
    .filter((body) => filter?.keeps(body) ?? true);
  return paged(world, call, { bodies, most });
}

function getGroup(world: World, call: Call): Answer {
  const name = param(call, 'resourceGroupName');
  const group = groupNamed(world, name);
  return group === undefined ? missing(name) : { status: 200, body: groupBody(world, group) };
}

/** PUT of a group: its place is fixed, tags and owner are not. */
function putGroup(world: World, call: Call): Answer {
  const name = param(call, 'resourceGroupName');
  const { location: wanted, tags = {}, managedBy } = call.body as z.infer<typeof GROUP_BODY>;
  const location = wanted.toLowerCase().replaceAll(' ', '');
  const known = groupNamed(world, name);
  const resource = groupId(world, known?.name ?? name);
  const refused = refuseGroup(world, { name, location, known });
  if (refused !== undefined) return refusal(resource, refused);
  if (known === undefined) {
    const made: ResourceGroup = { name, location, tags, managedBy, state: 'Succeeded' };
    world.resourceGroups.set(name.toLowerCase(), made);
    groupChanged(world, made);
    return { status: 201, body: groupBody(world, made), effect: { effect: 'started', resource } };
  }
  const same = JSON.stringify([known.tags, known.managedBy]) === JSON.stringify([tags, managedBy]);
  known.tags = tags;
  known.managedBy = managedBy;
  if (!same) {
    groupChanged(world, known);
    world.ledger.newPeriod(resource, CREATE_GROUP);
  }
  return { status: 200, body: groupBody(world, known), effect: { effect: same ? 'none' : 'replaced', resource } };
}

function refuseGroup(
  world: World,
  wanted: { readonly name: string; readonly location: string; readonly known: ResourceGroup | undefined },
): Answer | undefined {
  const { name, location, known } = wanted;
  if (!/^[-\w.()]+$/.test(name) || name.endsWith('.') || name.length > NAME_MAX)
    return armError(400, 'InvalidResourceGroup', `The provided resource group name '${name}' is not valid.`);
  if (known !== undefined && known.location !== location)
    return armError(
      409,
      'InvalidResourceGroupLocation',
      `Invalid resource group location '${location}'. The Resource group already exists in location '${known.location}'.`,
    );
  const { regions, resourceGroups } = world.estate;
  const places = [...new Set([regions.primary, regions.recovery, ...resourceGroups.map((each) => each.location)])];
  if (places.includes(location)) return undefined;
  return armError(
    400,
    'LocationNotAvailableForResourceGroup',
    `The provided location '${location}' is not available for resource group. List of available regions is '${places.join(',')}'.`,
  );
}

function removeGroup(world: World, call: Call): Answer {
  const name = param(call, 'resourceGroupName');
  const group = groupNamed(world, name);
  return group === undefined ? missing(name) : deleteGroup(world, group);
}

function getResult(world: World, call: Call): Answer {
  const operation = findOperation(world, call, param(call, 'operationId'));
  return isOperation(operation) ? operationResult(world, operation, RETRY_SECONDS) : operation;
}

function missing(name: string): Answer {
  return armError(404, 'ResourceGroupNotFound', `Resource group '${name}' could not be found.`);
}
