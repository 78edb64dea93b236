import { z } from 'zod';
import { armError, refusal } from '../arm-errors.ts';
import { networkResourceId } from '../arm-ids.ts';
import { readLater } from '../lists.ts';
import { param } from '../route.ts';
import { keyOf, locationOf } from '../world.ts';
import { freeAddress } from './addresses.ts';
import { groupOwner, missing } from './find.ts';
import { isPrefix } from './rules.ts';
import { nicBody, nicChanged, nicGone, securityGroupBody, securityGroupEtag, securityGroupId } from './views.ts';
import type { Answer, Call } from '../route.ts';
import type { SecurityRule, World } from '../world.ts';

/** Body of a network interface with one private address. */
export const NIC_BODY = z.strictObject({
  location: z.string(),
  tags: z.record(z.string(), z.string()).optional(),
  properties: z.strictObject({
    ipConfigurations: z
      .array(
        z.strictObject({
          name: z.string(),
          properties: z.strictObject({
            primary: z.boolean(),
            privateIPAllocationMethod: z.literal('Dynamic'),
            subnet: z.strictObject({ id: z.string() }),
          }),
        }),
      )
      .length(1),
  }),
});

/** Body of a network security group. */
export const SECURITY_GROUP_BODY = z.strictObject({
  location: z.string(),
  tags: z.record(z.string(), z.string()).optional(),
  properties: z.strictObject({
    securityRules: z.array(
      z.strictObject({
        name: z.string(),
        properties: z.looseObject({
          priority: z.int().min(100).max(4096),
          direction: z.enum(['Inbound', 'Outbound']),
          access: z.enum(['Allow', 'Deny']),
          protocol: z.string(),
        }),
      }),
    ),
  }),
});

/** PUT of a network interface. */
export function putNic(world: World, call: Call): Answer {
  const group = param(call, 'resourceGroupName');
  const name = param(call, 'name');
  const resource = networkResourceId(world, { group, type: 'networkInterfaces', name });
  const known = world.nics.get(keyOf(group, name));
  if (known !== undefined) return { status: 200, body: nicBody(world, known), effect: { effect: 'none', resource } };
  const { properties, tags = {} } = call.body as z.infer<typeof NIC_BODY>;
  const subnet = properties.ipConfigurations[0]?.properties.subnet.id.toLowerCase() ?? '';
  const network = [...world.networks.values()].find((each) =>
    subnet.startsWith(
      `${networkResourceId(world, { group: each.group, type: 'virtualNetworks', name: each.name }).toLowerCase()}/subnets/`,
    ),
  );
  if (network === undefined) return refusal(resource, armError(400, 'InvalidResourceReference', `Resource ${subnet} was not found.`));
  const nic = { name, group, location: locationOf(world, group), network, address: freeAddress(world, network), machine: undefined, tags };
  world.nics.set(keyOf(group, name), nic);
  nicChanged(world, nic);
  readLater(world, resource);
  return { status: 201, body: nicBody(world, nic), effect: { effect: 'started', resource } };
}

/** DELETE of a network interface. */
export function removeNic(world: World, call: Call): Answer {
  const group = param(call, 'resourceGroupName');
  const name = param(call, 'name');
  const nic = world.nics.get(keyOf(group, name));
  if (nic === undefined) return { status: 204 };
  const resource = networkResourceId(world, { group, type: 'networkInterfaces', name });
  if (nic.machine !== undefined)
    return refusal(resource, armError(400, 'NicInUse', `Network Interface ${name} is used by an existing resource and cannot be deleted.`));
  world.nics.delete(keyOf(group, name));
  nicGone(world, nic);
  world.ledger.newPeriod(resource, 'NetworkInterfaces_CreateOrUpdate');
  world.ledger.newPeriod(resource, 'NetworkInterfaces_Delete');
  return { status: 200, effect: { effect: 'started', resource } };
}

/** PUT of a network security group: refused when its etag has changed. */
export function putSecurityGroup(world: World, call: Call): Answer {
  const network = groupOwner(world, call);
  if (network === undefined) return missing(call, 'networkSecurityGroups');
  const resource = securityGroupId(world, network);
  const asked = call.headers['if-match'];
  if (asked !== undefined && asked !== securityGroupEtag(world, network))
    return refusal(resource, armError(412, 'PreconditionFailed', `Precondition failed: the etag of ${resource} has changed.`));
  const { properties } = call.body as z.infer<typeof SECURITY_GROUP_BODY>;
  const wrong = wrongRule(properties.securityRules);
  if (wrong !== undefined) return refusal(resource, wrong);
  const key = keyOf(network.group, network.name);
  const version = (world.securityRules.get(key)?.version ?? 0) + 1;
  world.securityRules.set(key, { version, rules: properties.securityRules });
  for (const machine of world.machines.values()) for (const service of machine.services.values()) service.follow();
  world.ledger.newPeriod(resource, 'NetworkSecurityGroups_CreateOrUpdate');
  return { status: 200, body: securityGroupBody(world, network), effect: { effect: 'started', resource } };
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
