import { z } from 'zod';
import { armError, refusal } from '../arm-errors.ts';
import { listed, readLater, isReadable } from '../lists.ts';
import { moveOperation } from '../operations.ts';
import { param } from '../route.ts';
import { DURATIONS } from '../times.ts';
import { keyOf } from '../world.ts';
import { keyOfCall, missing, ofGroup } from './find.ts';
import { openNetworkOperation } from './follow.ts';
import { securityGroupId } from './ids.ts';
import { rewire } from './rewire.ts';
import { isPrefix } from './rules.ts';
import { guardedBy, securityGroupBody, securityGroupChanged, securityGroupEtag, securityGroupGone } from './security-group-view.ts';
import type { Answer, Call } from '../route.ts';
import type { SecurityGroup, SecurityRule, World } from '../world.ts';

const TYPE = 'networkSecurityGroups';
const CREATE = 'NetworkSecurityGroups_CreateOrUpdate';

/** Body of a network security group. */
export const SECURITY_GROUP_BODY = z.strictObject({
  location: z.string(),
  tags: z.record(z.string(), z.string()).optional(),
  properties: z
    .strictObject({
      securityRules: z
        .array(
          z.strictObject({
            name: z.string(),
            properties: z.looseObject({
              priority: z.int().min(100).max(4096),
              direction: z.enum(['Inbound', 'Outbound']),
              access: z.enum(['Allow', 'Deny']),
              protocol: z.string(),
            }),
          }),
        )
        .optional(),
    })
    .optional(),
});

/** Body of a change that is one of tags alone. */
export const TAGS_BODY = z.strictObject({ tags: z.record(z.string(), z.string()) });

/** GET of a network security group. */
export function getSecurityGroup(world: World, call: Call): Answer {
  const group = world.securityGroups.get(keyOfCall(call));
  if (group === undefined || !isReadable(world, securityGroupId(world, group))) return missing(call, TYPE);
  return { status: 200, body: securityGroupBody(world, group) };
}

/** GET of the security groups of a resource group or of the subscription. */
export function listSecurityGroups(world: World, call: Call): Answer {
  return { status: 200, body: { value: ofGroup(listed(world, TYPE), call) } };
}

/** PUT of a network security group: refused when its etag has changed. */
export function putSecurityGroup(world: World, call: Call): Answer {
  const { location, properties, tags = {} } = call.body as z.infer<typeof SECURITY_GROUP_BODY>;
  const named = { group: param(call, 'resourceGroupName'), name: param(call, 'name') };
  const known = world.securityGroups.get(keyOfCall(call));
  const resource = securityGroupId(world, known ?? named);
  const asked = call.headers['if-match'];
  if (asked !== undefined && (known === undefined || asked !== securityGroupEtag(world, known)))
    return refusal(resource, armError(412, 'PreconditionFailed', `Precondition failed: the etag of ${resource} has changed.`));
  const rules = properties?.securityRules ?? [];
  const wrong = wrongRule(rules);
  if (wrong !== undefined) return refusal(resource, wrong);
  if (known === undefined) {
    const group: SecurityGroup = { ...named, location: location.toLowerCase().replaceAll(' ', ''), tags, rules, version: 0 };
    world.securityGroups.set(keyOfCall(call), group);
    securityGroupChanged(world, keyOfCall(call));
    readLater(world, resource);
    const { operation, headers } = openNetworkOperation(world, group.location, () => ({
      status: 200,
      body: securityGroupBody(world, group),
    }));
    world.clock.after(DURATIONS.networkChange, () => moveOperation(world, operation, 'succeed'));
    const effect = { effect: 'started', resource, operationId: operation.id } as const;
    return { status: 201, headers, body: securityGroupBody(world, group), effect };
  }
  known.rules = rules;
  known.tags = tags;
  known.version += 1;
  securityGroupChanged(world, keyOfCall(call));
  rewire(world);
  world.ledger.newPeriod(resource, CREATE);
  return { status: 200, body: securityGroupBody(world, known), effect: { effect: 'started', resource } };
}

/** PATCH of the tags of a network security group. */
export function patchSecurityGroup(world: World, call: Call): Answer {
  const group = world.securityGroups.get(keyOfCall(call));
  if (group === undefined) return missing(call, TYPE);
  const resource = securityGroupId(world, group);
  group.tags = (call.body as z.infer<typeof TAGS_BODY>).tags;
  group.version += 1;
  securityGroupChanged(world, keyOfCall(call));
  world.ledger.newPeriod(resource, 'NetworkSecurityGroups_UpdateTags');
  return { status: 200, body: securityGroupBody(world, group), effect: { effect: 'started', resource } };
}

/** DELETE of a network security group, which must guard nothing. */
export function removeSecurityGroup(world: World, call: Call): Answer {
  const group = world.securityGroups.get(keyOfCall(call));
  if (group === undefined) return { status: 204, effect: { effect: 'none', resource: call.path } };
  const resource = securityGroupId(world, group);
  const inUse = securityGroupInUse(world, group);
  if (inUse !== undefined) return refusal(resource, armError(400, inUse.code, inUse.message));
  const { operation, headers } = openNetworkOperation(world, group.location, () => ({ status: 204 }));
  world.clock.after(DURATIONS.networkChange, () => {
    operation.error = securityGroupInUse(world, group);
    if (operation.error !== undefined) return moveOperation(world, operation, 'fail');
    if (world.securityGroups.get(keyOfCall(call)) === group) dropSecurityGroup(world, group);
    return moveOperation(world, operation, 'succeed');
  });
  return { status: 202, headers, effect: { effect: 'started', resource, operationId: operation.id } };
}

/** Why a security group cannot be deleted. */
export function securityGroupInUse(world: World, group: SecurityGroup): { readonly code: string; readonly message: string } | undefined {
  const { subnets, nics } = guardedBy(world, group);
  const [user] = [...subnets, ...nics];
  if (user === undefined) return undefined;
  const message = `Network security group ${securityGroupId(world, group)} cannot be deleted because it is in use by the following resources: ${user}.`;
  return { code: 'InUseNetworkSecurityGroupCannotBeDeleted', message };
}

/** Takes a security group out of the world, at once. */
export function dropSecurityGroup(world: World, group: SecurityGroup): void {
  world.securityGroups.delete(keyOf(group.group, group.name));
  securityGroupGone(world, group);
  world.ledger.newLife(securityGroupId(world, group));
}

/** What Azure says about rules that cannot stand beside each other, or that name what is not there. */
function wrongRule(rules: readonly SecurityRule[]): Answer | undefined {
  for (const [place, { name, properties }] of rules.entries()) {
    const twin = rules
      .slice(0, place)
      .find((other) => other.properties.direction === properties.direction && other.properties.priority === properties.priority);
    if (twin !== undefined)
      return armError(
        400,
        'SecurityRuleConflict',
        `Security rule ${name} conflicts with rule ${twin.name}. Rules cannot have the same Priority and Direction.`,
      );
    for (const end of ['source', 'destination']) {
      const groups = properties[`${end}ApplicationSecurityGroups`];
      if (Array.isArray(groups) && groups.length > 0)
        return armError(400, 'InvalidResourceReference', `Resource referenced by security rule ${name} was not found.`);
      const prefixes = [properties[`${end}AddressPrefix`], properties[`${end}AddressPrefixes`]].flat();
      const strange = prefixes.find(
        (prefix): prefix is string => typeof prefix === 'string' && !isPrefix(prefix) && !/^(\*|[A-Z][A-Za-z.]+)$/.test(prefix),
      );
      if (strange !== undefined)
        return armError(400, 'SecurityRuleInvalidAddressPrefix', `Security rule has invalid Address prefix. Value provided: ${strange}`);
    }
  }
  return undefined;
}
