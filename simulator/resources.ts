import { may } from './access/rights.ts';
import { armError } from './arm-errors.ts';
import { groupId } from './arm-ids.ts';
import { param } from './route.ts';
import type { Estate } from './estate.ts';
import type { Answer, Call, Route } from './route.ts';
import type { World } from './world.ts';

const SUBSCRIPTION = '/subscriptions/{subscriptionId}';
const GROUPS = `${SUBSCRIPTION}/resourceGroups`;
const GROUP_READ = 'Microsoft.Resources/subscriptions/resourceGroups/read';

/** The subscription and its resource groups. */
export const RESOURCE_ROUTES: readonly Route[] = [
  { operation: 'Subscriptions_Get', method: 'GET', path: SUBSCRIPTION, apiVersions: ['2022-12-01'], handle: getSubscription },
  { operation: 'ResourceGroups_List', method: 'GET', path: GROUPS, apiVersions: ['2025-04-01'], handle: listGroups },
  {
    operation: 'ResourceGroups_Get',
    method: 'GET',
    path: `${GROUPS}/{resourceGroupName}`,
    apiVersions: ['2025-04-01'],
    handle: getGroup,
  },
];

function getSubscription(world: World): Answer {
  const { subscriptions, tenant } = world.estate;
  return {
    status: 200,
    body: {
      id: `/subscriptions/${world.subscriptionId}`,
      authorizationSource: 'RoleBased',
      subscriptionId: world.subscriptionId,
      tenantId: tenant,
      displayName: subscriptions[0]?.name,
      state: 'Enabled',
      subscriptionPolicies: { locationPlacementId: 'Public_2014-09-01', quotaId: 'EnterpriseAgreement_2014-09-01', spendingLimit: 'Off' },
    },
  };
}

/** The groups that the caller may read. */
function listGroups(world: World, call: Call): Answer {
  const value = world.estate.resourceGroups
    .filter(({ name }) => may(world, call.caller, { action: GROUP_READ, scope: groupId(world, name) }))
    .map((group) => groupBody(world, group));
  return { status: 200, body: { value } };
}

function getGroup(world: World, call: Call): Answer {
  const name = param(call, 'resourceGroupName');
  const group = world.estate.resourceGroups.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (group === undefined) return armError(404, 'ResourceGroupNotFound', `Resource group '${name}' could not be found.`);
  return { status: 200, body: groupBody(world, group) };
}

function groupBody(world: World, { name, location, tags }: Estate['resourceGroups'][number]): Readonly<Record<string, unknown>> {
  return {
    id: groupId(world, name),
    name,
    type: 'Microsoft.Resources/resourceGroups',
    location,
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    properties: { provisioningState: 'Succeeded' },
  };
}
