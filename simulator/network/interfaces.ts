import { z } from 'zod';
import { armError, refusal } from '../arm-errors.ts';
import { isReadable, listed, readLater } from '../lists.ts';
import { moveOperation } from '../operations.ts';
import { param } from '../route.ts';
import { DURATIONS } from '../times.ts';
import { keyOf, locationOf } from '../world.ts';
import { inSpace, nextFree } from './addresses.ts';
import { badReference, guardOf, keyOfCall, missing, ofGroup, subnetById } from './find.ts';
import { inProgress, openNetworkOperation } from './follow.ts';
import { nicId } from './ids.ts';
import { nicBody, nicChanged, nicGone } from './nic-view.ts';
import { rewire } from './rewire.ts';
import { securityGroupChanged } from './security-group-view.ts';
import type { Answer, Call } from '../route.ts';
import type { Network, Nic, Subnet, World } from '../world.ts';
import type { TAGS_BODY } from './security-groups.ts';

const TYPE = 'networkInterfaces';
const reference = z.strictObject({ id: z.string() });

/** Body of a network interface with one private address. */
export const NIC_BODY = z.strictObject({
  location: z.string(),
  tags: z.record(z.string(), z.string()).optional(),
  properties: z.strictObject({
    networkSecurityGroup: reference.optional(),
    ipConfigurations: z
      .array(
        z.strictObject({
          name: z.string(),
          properties: z.strictObject({
            primary: z.boolean().optional(),
            privateIPAllocationMethod: z.enum(['Dynamic', 'Static']).optional(),
            privateIPAddress: z.ipv4().optional(),
            privateIPAddressVersion: z.literal('IPv4').optional(),
            subnet: reference,
          }),
        }),
      )
      .length(1),
  }),
});

/** GET of a network interface. */
export function getNic(world: World, call: Call): Answer {
  const nic = world.nics.get(keyOfCall(call));
  return nic === undefined || !isReadable(world, nicId(world, nic)) ? missing(call, TYPE) : { status: 200, body: nicBody(world, nic) };
}

/** GET of the interfaces of a resource group or of the subscription. */
export function listNics(world: World, call: Call): Answer {
  return { status: 200, body: { value: ofGroup(listed(world, TYPE), call) } };
}

/** PUT of a network interface. One that a machine has keeps its place. */
export function putNic(world: World, call: Call): Answer {
  const named = { group: param(call, 'resourceGroupName'), name: param(call, 'name') };
  const resource = nicId(world, named);
  const known = world.nics.get(keyOfCall(call));
  const { properties, tags = {} } = call.body as z.infer<typeof NIC_BODY>;
  const wanted = properties.ipConfigurations[0]?.properties;
  const place = subnetById(world, wanted?.subnet.id ?? '');
  if (place === undefined) return refusal(resource, badReference(wanted?.subnet.id ?? ''));
  const securityGroup = guardOf(world, properties.networkSecurityGroup, place.network.location);
  if (typeof securityGroup === 'object') return refusal(resource, securityGroup);
  const isStatic = wanted?.privateIPAllocationMethod === 'Static';
  const address = addressFor(world, { ...place, known, wanted: isStatic ? wanted.privateIPAddress : undefined });
  if (typeof address === 'object') return refusal(resource, address);
  if (known !== undefined)
    return change(world, known, { subnet: place.subnet.name, network: place.network, address, isStatic, securityGroup, tags });

  const nic: Nic = {
    ...named,
    location: locationOf(world, named.group),
    network: place.network,
    subnet: place.subnet.name,
    address,
    isStatic,
    securityGroup,
    machine: undefined,
    tags,
    provisioning: 'Succeeded',
    version: 0,
  };
  world.nics.set(keyOfCall(call), nic);
  nicChanged(world, nic);
  securityGroupChanged(world, securityGroup);
  readLater(world, resource);
  return { status: 201, body: nicBody(world, nic), effect: { effect: 'started', resource } };
}

/** The address of an interface: the one it has, the one it wants, or the next that is free; or the refusal. */
function addressFor(
  world: World,
  given: { readonly network: Network; readonly subnet: Subnet; readonly known: Nic | undefined; readonly wanted: string | undefined },
): string | Answer {
  const { network, subnet, known, wanted } = given;
  const stays = known?.network === network && known.subnet === subnet.name;
  if (stays && (wanted === undefined || wanted === known.address)) return known.address;
  if (wanted === undefined)
    return (
      nextFree(world, network, subnet) ??
      armError(
        400,
        'SubnetIsFull',
        `Subnet ${subnet.name} with address prefix ${subnet.prefix} does not have enough capacity for 1 IP addresses.`,
      )
    );
  if (!inSpace({ space: subnet.prefix }, wanted))
    return armError(
      400,
      'PrivateIPAddressNotInSubnet',
      `Private static IP address ${wanted} does not belong to the range of subnet prefix ${subnet.prefix}.`,
    );
  const holder = [...world.nics.values()].find((nic) => nic !== known && nic.network === network && nic.address === wanted);
  return holder === undefined
    ? wanted
    : armError(
        400,
        'PrivateIPAddressInUse',
        `IP configuration wants the private IP address ${wanted}, which is in use by ${nicId(world, holder)}.`,
      );
}

type Wanted = Pick<Nic, 'network' | 'subnet' | 'address' | 'isStatic' | 'securityGroup' | 'tags'>;

function change(world: World, nic: Nic, wanted: Wanted): Answer {
  const resource = nicId(world, nic);
  if (nic.provisioning === 'Deleting') return refusal(resource, inProgress(resource));
  if (wanted.network !== nic.network)
    return refusal(
      resource,
      armError(400, 'SubnetsNotInSameVnet', `Network interface ${resource} cannot move to another virtual network.`),
    );
  if (nic.machine !== undefined && wanted.address !== nic.address)
    return refusal(
      resource,
      armError(501, 'SimulatorNotImplemented', 'The address of an interface that a machine has does not change here.'),
    );
  const told = ({ subnet, address, isStatic, securityGroup, tags }: Wanted): string =>
    JSON.stringify([subnet, address, isStatic, securityGroup, tags]);
  if (told(nic) === told(wanted)) return { status: 200, body: nicBody(world, nic), effect: { effect: 'none', resource } };
  const before = nic.securityGroup;
  const { subnet, address, isStatic, securityGroup, tags } = wanted;
  Object.assign(nic, { subnet, address, isStatic, securityGroup, tags, version: nic.version + 1 });
  nicChanged(world, nic);
  for (const each of new Set([before, securityGroup])) securityGroupChanged(world, each);
  rewire(world);
  world.ledger.newPeriod(resource, 'NetworkInterfaces_CreateOrUpdate');
  return { status: 200, body: nicBody(world, nic), effect: { effect: 'replaced', resource } };
}

/** PATCH of the tags of a network interface. */
export function patchNic(world: World, call: Call): Answer {
  const nic = world.nics.get(keyOfCall(call));
  if (nic === undefined) return missing(call, TYPE);
  const resource = nicId(world, nic);
  nic.tags = (call.body as z.infer<typeof TAGS_BODY>).tags;
  nic.version += 1;
  nicChanged(world, nic);
  world.ledger.newPeriod(resource, 'NetworkInterfaces_UpdateTags');
  return { status: 200, body: nicBody(world, nic), effect: { effect: 'started', resource } };
}

/** DELETE of a network interface; a second one follows the deletion that is under way. */
export function removeNic(world: World, call: Call): Answer {
  const nic = world.nics.get(keyOfCall(call));
  if (nic === undefined) return { status: 204 };
  const resource = nicId(world, nic);
  if (nic.machine !== undefined)
    return refusal(
      resource,
      armError(400, 'NicInUse', `Network Interface ${nic.name} is used by an existing resource and cannot be deleted.`),
    );
  const again = nic.provisioning === 'Deleting';
  nic.provisioning = 'Deleting';
  nicChanged(world, nic);
  const { operation, headers } = openNetworkOperation(world, nic.location, () => ({ status: 204 }));
  world.clock.after(DURATIONS.networkChange, () => {
    if (world.nics.get(keyOfCall(call)) === nic) dropNic(world, nic);
    moveOperation(world, operation, 'succeed');
  });
  return { status: 202, headers, effect: { effect: again ? 'none' : 'started', resource, operationId: operation.id } };
}

/** Takes a network interface out of the world, at once. */
export function dropNic(world: World, nic: Nic): void {
  world.nics.delete(keyOf(nic.group, nic.name));
  nicGone(world, nic);
  securityGroupChanged(world, nic.securityGroup);
  world.ledger.newPeriod(nicId(world, nic), 'NetworkInterfaces_CreateOrUpdate');
  world.ledger.newPeriod(nicId(world, nic), 'NetworkInterfaces_Delete');
}
