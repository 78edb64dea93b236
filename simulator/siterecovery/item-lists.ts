import { listed } from '../lists.ts';
import { param } from '../route.ts';
import { readClauses } from './clauses.ts';
import { siteRecoveryError } from './errors.ts';
import { fabricsOf } from './fabrics.ts';
import { findVault } from './find.ts';
import type { Answer, Call } from '../route.ts';
import type { Vault, World } from '../world.ts';

interface ListedItem {
  readonly id: string;
  readonly name: string;
  readonly properties: {
    readonly providerSpecificDetails: {
      readonly instanceType: string;
      readonly fabricObjectId: string;
      readonly primaryFabricLocation: string;
      readonly multiVmGroupCreateOption: string;
    };
  };
}

const KNOWN = [
  'sourceFabricName',
  'recoveryPlanName',
  'sourceFabricLocation',
  'fabricObjectId',
  'instanceType',
  'multiVmGroupCreateOption',
] as const;

/** GET replicationProtectedItems of a vault: a page for each fabric that has some, and the token of a page is its fabric. */
export function listItems(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const found = filterItems(vault, call.query.get('$filter'), listedItems(world, vault));
  if ('status' in found) return found;
  const pages = Map.groupBy(found, fabricOf);
  const names = [...pages.keys()];
  const token = call.query.get('skipToken');
  if (token !== null && !names.includes(token) && !fabricsOf(world, vault).some(({ name }) => name === token)) return wrongToken(token);
  const place = token === null ? 0 : names.indexOf(token);
  const value = pages.get(token ?? names[0] ?? '') ?? [];
  const next = place < 0 ? undefined : names[place + 1];
  return { status: 200, body: next === undefined ? { value } : { value, nextLink: linkTo(world, call, next) } };
}

/** GET replicationProtectedItems of a container. */
export function listContainerItems(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const place =
    `/replicationfabrics/${param(call, 'fabricName')}/replicationprotectioncontainers/${param(call, 'protectionContainerName')}/`.toLowerCase();
  return { status: 200, body: { value: listedItems(world, vault).filter(({ id }) => id.toLowerCase().includes(place)) } };
}

function listedItems(world: World, vault: Vault): readonly ListedItem[] {
  return listed(world, `items ${vault.name}`) as readonly ListedItem[];
}

function fabricOf({ id }: ListedItem): string {
  return /\/replicationFabrics\/([^/]+)/i.exec(id)?.[1] ?? '';
}

function linkTo(world: World, call: Call, fabric: string): string {
  const query = new URLSearchParams(call.query);
  query.set('skipToken', fabric);
  return `${world.endpoint}${call.path}?${query.toString()}`;
}

function wrongToken(token: string): Answer {
  return siteRecoveryError(400, {
    code: 'InvalidSkipToken',
    message: `The pagination token '${token}' is not valid.`,
    causes: 'It is not one that a list has given.',
    action: 'Follow the link of the page before.',
  });
}

/** The items that an OData filter leaves; its fields are those of the query that the published client libraries know. */
function filterItems(vault: Vault, filter: string | null, items: readonly ListedItem[]): readonly ListedItem[] | Answer {
  const wanted = readClauses(filter, KNOWN);
  if ('status' in wanted) return wanted;
  const plan = wanted.get('recoveryPlanName');
  const planned = plan === undefined ? undefined : namesOf(vault, plan);
  const same = (field: (typeof KNOWN)[number], own: string): boolean =>
    !wanted.has(field) || wanted.get(field)?.toLowerCase() === own.toLowerCase();
  return items.filter((item) => {
    const details = item.properties.providerSpecificDetails;
    return (
      (planned === undefined || planned.has(item.name)) &&
      same('sourceFabricName', fabricOf(item)) &&
      same('sourceFabricLocation', details.primaryFabricLocation) &&
      same('fabricObjectId', details.fabricObjectId) &&
      same('instanceType', details.instanceType) &&
      same('multiVmGroupCreateOption', details.multiVmGroupCreateOption)
    );
  });
}

function namesOf(vault: Vault, plan: string): ReadonlySet<string> {
  const groups = vault.plans.get(plan.toLowerCase())?.groups ?? [];
  return new Set(groups.flat().map(({ name }) => name));
}
