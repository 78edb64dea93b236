import { once } from 'node:events';
import { createServer } from 'node:net';
import { countFlag, type Flags, textFlag } from './flags.ts';

const DEFAULT_PORT = 7080;

/** The port that was asked for, or 7080 when nobody listens there, or 0: any free one. Throws USAGE_FLAG for a number that is no port. */
export async function serverPort(flags: Flags): Promise<number> {
  if (textFlag(flags, 'port') !== undefined) return countFlag(flags, 'port', { flag: '--port', max: 65_535 });
  return (await isFree(DEFAULT_PORT)) ? DEFAULT_PORT : 0;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch {
    return false;
  }
}
