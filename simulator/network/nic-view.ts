import { machineId } from '../arm-ids.ts';
import { listLater, listNow } from '../lists.ts';
import { planted } from '../plants.ts';
import { keyOf } from '../world.ts';
import { networkId, nicId, securityGroupId } from './ids.ts';
import { networkChanged } from './network-view.ts';
import type { Nic, World } from '../world.ts';

const LIST = 'networkInterfaces';

/** A network interface as ARM answers it. */
export function nicBody(world: World, nic: Nic): Readonly<Record<string, unknown>> {
  const id = nicId(world, nic);
  const etag = `W/"${world.draws.uuid(`etag:${id}:${nic.version}`)}"`;
  const machine = nic.machine === undefined ? undefined : world.machines.get(nic.machine);
  const guard = nic.securityGroup === undefined ? undefined : world.securityGroups.get(nic.securityGroup);
  return {
    name: nic.name,
    id,
    etag,
    type: 'Microsoft.Network/networkInterfaces',
    location: nic.location,
    ...(Object.keys(nic.tags).length === 0 ? {} : { tags: nic.tags }),
    kind: 'Regular',
    properties: {
      provisioningState: nic.provisioning,
      resourceGuid: world.draws.uuid(`guid:${id}`),
      ipConfigurations: [
        {
          name: 'ipconfig1',
          id: `${id}/ipConfigurations/ipconfig1`,
          etag,
          type: 'Microsoft.Network/networkInterfaces/ipConfigurations',
          properties: {
            provisioningState: 'Succeeded',
            privateIPAddress: shownAddress(world, nic),
            privateIPAllocationMethod: nic.isStatic ? 'Static' : 'Dynamic',
            subnet: { id: `${networkId(world, nic.network)}/subnets/${nic.subnet}` },
            primary: true,
            privateIPAddressVersion: 'IPv4',
          },
        },
      ],
      dnsSettings: { dnsServers: [], appliedDnsServers: [] },
      macAddress: macAddress(world.draws.hex(`mac:${id}`, 6)),
      enableAcceleratedNetworking: false,
      enableIPForwarding: false,
      ...(guard === undefined ? {} : { networkSecurityGroup: { id: securityGroupId(world, guard) } }),
      primary: true,
      ...(machine === undefined ? {} : { virtualMachine: { id: machineId(world, machine.group, machine.name) } }),
      hostedWorkloads: [],
      tapConfigurations: [],
      nicType: 'Standard',
    },
  };
}

/** Puts an interface into the lists at once: how the world was before the simulator started. */
export function nicListed(world: World, nic: Nic): void {
  listNow(world, LIST, keyOf(nic.group, nic.name), nicBody(world, nic));
}

/** Tells the lists that an interface was made or is different now. */
export function nicChanged(world: World, nic: Nic): void {
  listLater(world, LIST, keyOf(nic.group, nic.name), nicBody(world, nic));
  networkChanged(world, nic.network);
}

/** Tells the lists that an interface does not exist any more. */
export function nicGone(world: World, nic: Nic): void {
  listLater(world, LIST, keyOf(nic.group, nic.name), undefined);
  networkChanged(world, nic.network);
}

function macAddress(hex: string): string {
  return ['00', '0D', '3A', hex.slice(0, 2), hex.slice(2, 4), hex.slice(4, 6)].join('-').toUpperCase();
}

/** The address that ARM reports: in an isolated network not the one where the machine can be reached from outside, unless that is planted. */
function shownAddress(world: World, nic: Nic): string {
  const machine = nic.machine === undefined ? undefined : world.machines.get(nic.machine);
  return planted(world, 'E18') && machine !== undefined ? machine.realAddress : nic.address;
}
