import { createServer, request } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { endpointStatus } from './edge.ts';
import type { Profile } from './edge.ts';
import type { Machine, World } from '../world.ts';

const ANSWER_MS = 5000;

/**
 * Serves the public addresses of Traffic Manager profiles. Azure answers a name with the address of the first endpoint that is enabled and
 * well; here one address per profile leads there itself, because no client asks the simulator for names.
 */
export async function openFronts(world: World): Promise<readonly Server[]> {
  const fronts = world.estate.trafficManager.flatMap((profile) => (profile.front === undefined ? [] : [{ profile, front: profile.front }]));
  return Promise.all(
    fronts.map(async ({ profile, front }) => {
      const server = createServer((asked, answer) => {
        lead(world, profile, asked, answer).catch(() => answer.destroy());
      });
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(front.port, front.address, resolve);
      });
      return server;
    }),
  );
}

async function lead(world: World, profile: Profile, asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  const body = await readAll(asked);
  for (const machine of behind(world, profile)) {
    const passed = await passOn(machine, profile.front, { asked, body });
    if (passed === undefined) continue;
    answer.writeHead(passed.status, { 'content-type': passed.type });
    return void answer.end(passed.body);
  }
  answer.writeHead(503, { 'content-type': 'text/plain' });
  return void answer.end('no endpoint of the profile is enabled and well\n');
}

/** The machines that would answer, those of the endpoint with the best priority first. */
function behind(world: World, profile: Profile): readonly Machine[] {
  const enabled = profile.endpoints.filter((endpoint) => endpointStatus(world, profile, endpoint) === 'Enabled');
  return enabled.flatMap(({ network, role }) =>
    [...world.machines.values()].filter(
      (machine) => machine.network.name === network && machine.role === role && machine.power === 'running',
    ),
  );
}

function passOn(
  machine: Machine,
  front: Profile['front'],
  { asked, body }: { readonly asked: IncomingMessage; readonly body: Buffer },
): Promise<{ readonly status: number; readonly type: string; readonly body: Buffer } | undefined> {
  return new Promise((resolve) => {
    const nothing = (): void => resolve(undefined);
    const sent = request(
      {
        host: machine.realAddress,
        port: front?.port,
        localAddress: front?.address,
        path: asked.url,
        method: asked.method,
        timeout: ANSWER_MS,
        agent: false,
      },
      (reply) => {
        readAll(reply).then(
          (text) => resolve({ status: reply.statusCode ?? 502, type: reply.headers['content-type'] ?? 'text/plain', body: text }),
          nothing,
        );
      },
    );
    sent.on('error', nothing);
    sent.on('timeout', () => sent.destroy());
    sent.end(body);
  });
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
