import { listLater, listNow } from '../lists.ts';
import { keyOf } from '../world.ts';
import { networkId, nicId, securityGroupId } from './ids.ts';
import { DEFAULT_RULES } from './rules.ts';
import type { DefaultRule } from './rules.ts';
import type { SecurityGroup, World } from '../world.ts';

const LIST = 'networkSecurityGroups';

/** Etag of a network security group: another one after each change. */
export function securityGroupEtag(world: World, group: SecurityGroup): string {
  return `W/"${world.draws.uuid(`etag:${securityGroupId(world, group)}:${group.version}`)}"`;
}

/** What a security group guards: ids of subnets and of interfaces. */
export function guardedBy(world: World, group: SecurityGroup): { readonly subnets: readonly string[]; readonly nics: readonly string[] } {
  const key = keyOf(group.group, group.name);
  return {
    subnets: [...world.networks.values()].flatMap((network) =>
      network.subnets
        .filter(({ securityGroup }) => securityGroup === key)
        .map(({ name }) => `${networkId(world, network)}/subnets/${name}`),
    ),
    nics: [...world.nics.values()].filter(({ securityGroup }) => securityGroup === key).map((nic) => nicId(world, nic)),
  };
}

/** A network security group as ARM answers it: its own rules and the default ones of Azure. */
export function securityGroupBody(world: World, group: SecurityGroup): Readonly<Record<string, unknown>> {
  const id = securityGroupId(world, group);
  const etag = securityGroupEtag(world, group);
  const { subnets, nics } = guardedBy(world, group);
  const rule = ({ name, priority, direction, access, from, to }: DefaultRule): unknown => ({
    name,
    id: `${id}/defaultSecurityRules/${name}`,
    etag,
    type: 'Microsoft.Network/networkSecurityGroups/defaultSecurityRules',
    properties: {
      provisioningState: 'Succeeded',
      protocol: '*',
      sourcePortRange: '*',
      destinationPortRange: '*',
      sourceAddressPrefix: from,
      destinationAddressPrefix: to,
      access,
      priority,
      direction,
    },
  });
  return {
    name: group.name,
    id,
    etag,
    type: 'Microsoft.Network/networkSecurityGroups',
    location: group.location,
    ...(Object.keys(group.tags).length === 0 ? {} : { tags: group.tags }),
    properties: {
      provisioningState: 'Succeeded',
      resourceGuid: world.draws.uuid(`guid:${id}`),
      securityRules: group.rules.map(({ name, properties }) => ({
        name,
        id: `${id}/securityRules/${name}`,
        etag,
        type: 'Microsoft.Network/networkSecurityGroups/securityRules',
        properties: { provisioningState: 'Succeeded', ...properties },
      })),
      defaultSecurityRules: DEFAULT_RULES.map(rule),
      ...(subnets.length === 0 ? {} : { subnets: subnets.map((each) => ({ id: each })) }),
      ...(nics.length === 0 ? {} : { networkInterfaces: nics.map((each) => ({ id: each })) }),
    },
  };
}

/** Puts a security group into the lists at once: how the world was before the simulator started. */
export function securityGroupListed(world: World, group: SecurityGroup): void {
  listNow(world, LIST, keyOf(group.group, group.name), securityGroupBody(world, group));
}

/** Tells the lists that a security group was made or is different now, or what it guards. */
export function securityGroupChanged(world: World, key: string | undefined): void {
  const group = key === undefined ? undefined : world.securityGroups.get(key);
  if (group !== undefined) listLater(world, LIST, keyOf(group.group, group.name), securityGroupBody(world, group));
}

/** Tells the lists that a security group does not exist any more. */
export function securityGroupGone(world: World, { group, name }: SecurityGroup): void {
  listLater(world, LIST, keyOf(group, name), undefined);
}
