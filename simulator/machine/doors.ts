import { createServer } from 'node:net';
import type { Server as HttpServer } from 'node:http';
import type { Server, Socket } from 'node:net';
import { mayConnect } from '../network/rules.ts';
import type { Place } from '../network/rules.ts';
import type { Machine, World } from '../world.ts';

/*
 * Every machine of this world lives on one computer, so who comes is told by the address that he comes from. Machines and the customers'
 * front come to an address of the machine that nobody publishes, and say who they are by the address they bind. An operator's computer comes
 * to the published address, which is open while the rules let him in. In Azure a packet that a rule denies gets no answer at all; here the
 * connection is refused or ends at once, so that no test waits for silence.
 */

/** The open ports of one service. */
export interface Doors {
  /** Lets the ports follow the security rules. */
  readonly follow: () => void;
  readonly close: () => void;
}

/** Opens the ports of a service that speaks HTTP. `opened` is called when it answers, `failed` when it cannot. */
export function openDoors(
  world: World,
  machine: Machine,
  given: {
    readonly service: HttpServer;
    readonly port: number;
    readonly opened: () => void;
    readonly failed: (error: Error) => void;
  },
): Doors {
  const { service, port } = given;
  const to: Place = { kind: 'machine', address: machine.address, network: machine.network };
  const inner = createServer((socket) => {
    const from = placeOf(world, socket.remoteAddress ?? '');
    // Nobody but a test that looks behind the scenes knows this address and comes from none of the world.
    if (from.kind === 'operator' || mayConnect(world, { from, fromPort: socket.remotePort ?? 0, to, port })) return letIn(socket);
    return void socket.destroy();
  });
  const letIn = (socket: Socket): void => void service.emit('connection', socket);
  const operator: Place = { kind: 'operator', address: '127.0.0.1' };
  let outer: Server | undefined;
  const follow = (): void => {
    const open = machine.network.reachable && mayConnect(world, { from: operator, fromPort: 0, to, port });
    if (open === (outer !== undefined)) return;
    if (!open) {
      outer?.close();
      outer = undefined;
      return;
    }
    outer = createServer(letIn);
    outer.on('error', given.failed);
    outer.listen(port, machine.address);
  };
  inner.on('error', given.failed);
  follow();
  const listen = (): void => void inner.listen(port, machine.realAddress, given.opened);
  if (outer === undefined) listen();
  else outer.once('listening', listen);
  return {
    follow,
    close: () => {
      inner.close();
      outer?.close();
      service.closeAllConnections();
    },
  };
}

/** Who comes from an address of this computer. */
function placeOf(world: World, remoteAddress: string): Place {
  const address = remoteAddress.replace(/^::ffff:/, '');
  const machine = [...world.machines.values()].find((each) => each.realAddress === address);
  if (machine !== undefined) return { kind: 'machine', address: machine.address, network: machine.network };
  const front = world.estate.trafficManager.some((profile) => profile.front?.address === address);
  return front ? { kind: 'internet', address: '203.0.113.1' } : { kind: 'operator', address };
}
