import { may } from '../access/rights.ts';
import { armError } from '../arm-errors.ts';
import { groupId } from '../arm-ids.ts';
import { listed } from '../lists.ts';
import { paged } from '../paging.ts';
import { azureTime } from '../times.ts';
import { resourceFilter } from './filter.ts';
import type { Answer, Call } from '../route.ts';
import type { World } from '../world.ts';
import type { Filterable } from './filter.ts';

const RESOURCES_A_PAGE = 1000;
/** What a list tells only when it is asked for it. */
const EXPANDED = ['createdTime', 'changedTime', 'provisioningState'] as const;
type Expanded = (typeof EXPANDED)[number];

/** Lists of the kinds that learn late of what changes. */
const LATE = [
  'virtualMachines',
  'disks',
  'snapshots',
  'networkInterfaces',
  'restorePointCollections',
  'virtualNetworks',
  'networkSecurityGroups',
  'routeTables',
  'natGateways',
  'vaults',
];

interface Listed extends Filterable {
  readonly properties?: { readonly provisioningState?: string };
}

/** GET of the resources that the caller may read, of a subscription or of a group, cut by `$filter` and paged by `$top`. */
export function listResources(world: World, call: Call): Answer {
  const text = call.query.get('$filter');
  const filter = text === null ? undefined : resourceFilter(text);
  if (text !== null && filter === undefined) return armError(400, 'InvalidFilterInQueryString', `The filter '${text}' is not valid.`);
  const expand = call.query.get('$expand')?.split(',') ?? [];
  const strange = expand.find((each) => !EXPANDED.some((known) => known === each));
  if (strange !== undefined) return armError(400, 'InvalidExpandInQueryString', `The expand value '${strange}' is not valid.`);
  const most = topOf(call);
  if (typeof most !== 'number') return most;

  const group = call.params['resourceGroupName']?.toLowerCase();
  const bodies = allOf(world)
    .filter(({ body: { id } }) => group === undefined || id.toLowerCase().includes(`/resourcegroups/${group}/`))
    .filter(({ body }) => filter?.keeps(body) ?? true)
    .filter(({ body: { id, type } }) => may(world, call.caller, { action: `${type}/read`, scope: id }))
    .map((each) => entryOf(each, { tagged: filter?.hidesTags !== true, expand }));
  return paged(world, call, { bodies, most });
}

/** `$top` of a list, at most a page; or the refusal. */
export function topOf(call: Call): number | Answer {
  const top = call.query.get('$top');
  if (top === null) return RESOURCES_A_PAGE;
  if (/^[1-9]\d*$/.test(top)) return Math.min(Number(top), RESOURCES_A_PAGE);
  return armError(400, 'InvalidTopInQueryString', `The top value '${top}' is not valid.`);
}

interface Found {
  readonly body: Listed;
  readonly times: { readonly createdMs: number; readonly changedMs: number } | undefined;
}

function allOf(world: World): readonly Found[] {
  const late = LATE.flatMap((kind) =>
    (listed(world, kind) as readonly Listed[]).map((body) => ({ body, times: world.listTimes.get(kind)?.get(keyIn(body)) })),
  );
  const { trafficManager, alertRules } = world.estate;
  const global = [
    ...trafficManager.map(({ group, name }) => ({ group, name, type: 'Microsoft.Network/trafficManagerProfiles' })),
    ...alertRules.map(({ group, name }) => ({ group, name, type: 'Microsoft.Insights/metricAlerts' })),
  ]
    .map(({ group, name, type }) => ({ id: `${groupId(world, group)}/providers/${type}/${name}`, name, type, location: 'global' }))
    .filter(({ id }) => !world.gone.has(id.toLowerCase()));
  return [...late, ...global.map((body) => ({ body, times: undefined }))];
}

function keyIn({ id, name }: Filterable): string {
  return `${id.split('/')[4] ?? ''}/${name}`.toLowerCase();
}

function entryOf({ body, times }: Found, shown: { readonly tagged: boolean; readonly expand: readonly string[] }): object {
  const { id, name, type, location, tags = {}, properties } = body;
  const more: Readonly<Record<Expanded, string | undefined>> = {
    createdTime: times === undefined ? undefined : azureTime(times.createdMs),
    changedTime: times === undefined ? undefined : azureTime(times.changedMs),
    provisioningState: properties?.provisioningState ?? 'Succeeded',
  };
  return {
    id,
    name,
    type,
    location,
    ...(Object.keys(tags).length === 0 || !shown.tagged ? {} : { tags }),
    ...Object.fromEntries(Object.entries(more).filter(([key, value]) => shown.expand.includes(key) && value !== undefined)),
  };
}
