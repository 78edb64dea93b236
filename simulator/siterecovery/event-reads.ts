import { vaultId } from '../arm-ids.ts';
import { hasReachedList } from '../lists.ts';
import { paged } from '../paging.ts';
import { param } from '../route.ts';
import { azureTime } from '../times.ts';
import { readClauses, timeBounds } from './clauses.ts';
import { notThere } from './errors.ts';
import { findVault } from './find.ts';
import type { Answer, Call } from '../route.ts';
import type { Vault, World } from '../world.ts';
import type { ReplicationEvent } from './events.ts';

const PAGE_EVENTS = 100;
const SAME = ['eventCode', 'eventType', 'severity', 'affectedObjectFriendlyName', 'affectedObjectCorrelationId'] as const;
const KNOWN = [...SAME, 'fabricName', 'startTime', 'endTime'] as const;

/** GET replicationEvents: the newest first, as far as a filter leaves them and as they have reached the list. */
export function listEvents(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const found = filterEvents(call.query.get('$filter'), vault.monitoring.events);
  if ('status' in found) return found;
  const shown = found.filter(({ name, atMs }) => hasReachedList(world, name, atMs)).toReversed();
  return paged(world, call, { bodies: shown.map((event) => eventBody(world, vault, event)), most: PAGE_EVENTS });
}

/** GET of an event. */
export function getEvent(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const name = param(call, 'eventName');
  const found = vault.monitoring.events.find((event) => event.name.toLowerCase() === name.toLowerCase());
  return found === undefined ? notThere('event', name) : { status: 200, body: eventBody(world, vault, found) };
}

/** The events that an OData filter leaves; its fields are those of the query that the published client libraries know. */
function filterEvents(filter: string | null, events: readonly ReplicationEvent[]): readonly ReplicationEvent[] | Answer {
  const wanted = readClauses(filter, KNOWN);
  if ('status' in wanted) return wanted;
  const bounds = timeBounds(wanted.get('startTime'), wanted.get('endTime'));
  if ('status' in bounds) return bounds;
  const fabric = wanted.get('fabricName')?.toLowerCase();
  return events.filter(({ atMs, properties }) => {
    if (atMs < bounds.fromMs || atMs > bounds.toMs) return false;
    if (fabric !== undefined && properties.fabricId?.toLowerCase().endsWith(`/${fabric}`) !== true) return false;
    return SAME.every((field) => !wanted.has(field) || wanted.get(field)?.toLowerCase() === properties[field].toLowerCase());
  });
}

function eventBody(world: World, vault: Vault, event: ReplicationEvent): Readonly<Record<string, unknown>> {
  return {
    type: 'Microsoft.RecoveryServices/vaults/replicationEvents',
    id: `${vaultId(world, vault)}/replicationEvents/${event.name}`,
    name: event.name,
    properties: { ...event.properties, timeOfOccurrence: azureTime(event.atMs) },
  };
}
