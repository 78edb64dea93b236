import { once } from 'node:events';
import { type AddressInfo, createServer, connect, type Socket } from 'node:net';

/** A way to a server that is cut again and again. */
export interface CutProxy {
  readonly url: string;
  /** How many answers of an event stream were cut so far. */
  readonly cuts: () => number;
  readonly stop: () => Promise<void>;
}

/**
 * Passes bytes to a local port. A connection that asks for an event stream is cut after `nextCut()` bytes of the answer, in the middle
 * of whatever comes there; all others are left alone.
 */
export async function startCutProxy(port: number, nextCut: () => number): Promise<CutProxy> {
  let cuts = 0;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    let left = Infinity;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (bytes: Buffer) => {
      if (bytes.includes('/events?after=')) left = nextCut();
      upstream.write(bytes);
    });
    upstream.on('data', (bytes: Buffer) => {
      const passed = bytes.subarray(0, Math.min(bytes.length, left));
      left -= bytes.length;
      client.write(passed);
      if (left > 0) return;
      cuts += 1;
      client.end();
      upstream.destroy();
    });
    upstream.on('end', () => client.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: () => cuts,
    async stop() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
