import { z } from 'zod';
import { armError, refusal } from '../arm-errors.ts';
import { isReadable, listed, readLater } from '../lists.ts';
import { moveOperation } from '../operations.ts';
import { param } from '../route.ts';
import { DURATIONS } from '../times.ts';
import { keyOf } from '../world.ts';
import { badReference, keyOfCall, missing, ofGroup } from './find.ts';
import { openNetworkOperation } from './follow.ts';
import { byId } from './ids.ts';
import { partBody, partChanged, partGone, partId, usedBy } from './subnet-part-view.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { SubnetPart, World } from '../world.ts';
import type { PartType } from './subnet-part-view.ts';
import type { TAGS_BODY } from './security-groups.ts';

const HOPS = ['VirtualNetworkGateway', 'VnetLocal', 'Internet', 'VirtualAppliance', 'None'] as const;
const readOnly = z.unknown().optional();
const shared = {
  id: readOnly,
  name: readOnly,
  etag: readOnly,
  type: readOnly,
  location: z.string(),
  tags: z.record(z.string(), z.string()).optional(),
};

/** A route; one to an appliance names its address. */
const route = z.strictObject({
  name: z.string().min(1),
  id: readOnly,
  etag: readOnly,
  type: readOnly,
  properties: z
    .strictObject({
      provisioningState: readOnly,
      hasBgpOverride: readOnly,
      addressPrefix: z.cidrv4(),
      nextHopType: z.enum(HOPS),
      nextHopIpAddress: z.ipv4().optional(),
    })
    .refine(({ nextHopType, nextHopIpAddress }) => (nextHopType === 'VirtualAppliance') === (nextHopIpAddress !== undefined), {
      message: 'a next hop of the type VirtualAppliance has an address, and no other',
      path: ['nextHopIpAddress'],
    }),
});

const ROUTE_TABLE_BODY = z.strictObject({
  ...shared,
  properties: z
    .strictObject({
      provisioningState: readOnly,
      resourceGuid: readOnly,
      subnets: readOnly,
      disableBgpRoutePropagation: z.literal(false).optional(),
      routes: z.array(route).optional(),
    })
    .optional(),
});

/** Public addresses are not served, so a NAT gateway has none: Azure lets it wait for them. */
const NAT_GATEWAY_BODY = z.strictObject({
  ...shared,
  sku: z.strictObject({ name: z.literal('Standard') }),
  properties: z
    .strictObject({
      provisioningState: readOnly,
      resourceGuid: readOnly,
      subnets: readOnly,
      idleTimeoutInMinutes: z.literal(4).optional(),
    })
    .optional(),
});

type Body = z.infer<typeof ROUTE_TABLE_BODY>;

/** What the network provider can do with route tables and NAT gateways. No packet takes these ways here: what counts is that they are told. */
export const PART_KINDS = [
  { name: 'RouteTables', type: 'routeTables' as const, body: ROUTE_TABLE_BODY },
  { name: 'NatGateways', type: 'natGateways' as const, body: NAT_GATEWAY_BODY },
].map((kind) => ({ ...kind, ...handlersOf(kind.type, kind.name) }));

/** Key of the route table or NAT gateway that a subnet's body names, if it names one; or the refusal: it must be there, and of the same region. */
export function partNamed(
  world: World,
  type: PartType,
  given: { readonly reference: { readonly id: string } | undefined; readonly location: string },
): string | undefined | Answer {
  const { reference, location } = given;
  if (reference === undefined) return undefined;
  const part = byId(world[type].values(), (each) => partId(world, type, each), reference.id);
  return part === undefined || part.location !== location ? badReference(reference.id) : keyOf(part.group, part.name);
}

/** Why a route table or NAT gateway cannot be deleted. */
export function partInUse(world: World, type: PartType, part: SubnetPart): { readonly code: string; readonly message: string } | undefined {
  const users = usedBy(world, type, part);
  if (users.length === 0) return undefined;
  const [word, code] = type === 'routeTables' ? ['Route table', 'RouteTable'] : ['Nat gateway', 'NatGateway'];
  const message = `${word} ${part.name} cannot be deleted because it is in use by the following resources: ${users.join(', ')}.`;
  return { code: `InUse${code}CannotBeDeleted`, message };
}

/** Takes a route table or NAT gateway out of the world, at once. */
export function dropPart(world: World, type: PartType, part: SubnetPart): void {
  world[type].delete(keyOf(part.group, part.name));
  partGone(world, type, part);
  world.ledger.newLife(partId(world, type, part));
}

function handlersOf(type: PartType, name: string): Readonly<Record<'get' | 'list' | 'put' | 'patch' | 'remove', Route['handle']>> {
  return {
    get: (world, call) => {
      const part = world[type].get(keyOfCall(call));
      if (part === undefined || !isReadable(world, partId(world, type, part))) return missing(call, type);
      return { status: 200, body: partBody(world, type, part) };
    },
    list: (world, call) => ({ status: 200, body: { value: ofGroup(listed(world, type), call) } }),
    put: (world, call) => putPart(world, call, { type, name }),
    patch: (world, call) => {
      const part = world[type].get(keyOfCall(call));
      if (part === undefined) return missing(call, type);
      return changePart(world, { type, part, operation: `${name}_UpdateTags` }, { tags: (call.body as z.infer<typeof TAGS_BODY>).tags });
    },
    remove: (world, call) => removePart(world, call, type),
  };
}

function putPart(world: World, call: Call, { type, name }: { readonly type: PartType; readonly name: string }): Answer {
  const { location, tags = {}, properties } = call.body as Body;
  const wanted = { tags, routes: properties?.routes ?? [] };
  const known = world[type].get(keyOfCall(call));
  if (known !== undefined) return changePart(world, { type, part: known, operation: `${name}_CreateOrUpdate` }, wanted);
  const part: SubnetPart = {
    group: param(call, 'resourceGroupName'),
    name: param(call, 'name'),
    location: location.toLowerCase().replaceAll(' ', ''),
    ...wanted,
    version: 0,
  };
  const resource = partId(world, type, part);
  world[type].set(keyOfCall(call), part);
  partChanged(world, type, keyOfCall(call));
  readLater(world, resource);
  const { operation, headers } = openNetworkOperation(world, part.location, () => ({ status: 200, body: partBody(world, type, part) }));
  world.clock.after(DURATIONS.networkChange, () => moveOperation(world, operation, 'succeed'));
  const effect = { effect: 'started', resource, operationId: operation.id } as const;
  return { status: 201, headers, body: partBody(world, type, part), effect };
}

function changePart(
  world: World,
  { type, part, operation }: { readonly type: PartType; readonly part: SubnetPart; readonly operation: string },
  wanted: Partial<Pick<SubnetPart, 'tags' | 'routes'>>,
): Answer {
  const resource = partId(world, type, part);
  Object.assign(part, wanted, { version: part.version + 1 });
  partChanged(world, type, keyOf(part.group, part.name));
  world.ledger.newPeriod(resource, operation);
  return { status: 200, body: partBody(world, type, part), effect: { effect: 'started', resource } };
}

function removePart(world: World, call: Call, type: PartType): Answer {
  const part = world[type].get(keyOfCall(call));
  if (part === undefined) return { status: 204, effect: { effect: 'none', resource: call.path } };
  const resource = partId(world, type, part);
  const inUse = partInUse(world, type, part);
  if (inUse !== undefined) return refusal(resource, armError(400, inUse.code, inUse.message));
  const { operation, headers } = openNetworkOperation(world, part.location, () => ({ status: 204 }));
  world.clock.after(DURATIONS.networkChange, () => {
    operation.error = partInUse(world, type, part);
    if (operation.error !== undefined) return moveOperation(world, operation, 'fail');
    if (world[type].get(keyOfCall(call)) === part) dropPart(world, type, part);
    return moveOperation(world, operation, 'succeed');
  });
  return { status: 202, headers, effect: { effect: 'started', resource, operationId: operation.id } };
}
