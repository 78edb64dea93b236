import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { startRedis } from '../adapters/embedded-redis.ts';
import { createLog } from '../adapters/system/log.ts';
import { createKeyPair } from '../adapters/system/signer.ts';
import { VERSION } from '../engine/version.ts';
import { demoLines } from './demo-lines.ts';
import { serverPort } from './server-port.ts';
import { countFlag, type Flags, textFlag } from './flags.ts';
import { examplesFirst } from './help.ts';
import { announce, startSimulator, startStack } from './local-stack.ts';
import { handled, type Session } from './program-options.ts';

/** `dev`: everything that a runbook author needs, in this folder, until Ctrl-C. */
export function devCommand(program: Command): void {
  program
    .command('dev')
    .description('server, worker, store and simulator for the runbooks of this folder, until Ctrl-C')
    .option('--seed <n>', 'random numbers of the simulated estate', '42')
    .option('--scale <n>', 'how much faster than Azure the simulated estate runs', '60')
    .option('--port <n>', 'port of the server (default: 7080, or a free one when that is taken)')
    .option('--redis <url>', 'use this Redis instead of starting one')
    .action(handled(async (session, _args, flags) => dev(session, flags)))
    .addHelpText('before', examplesFirst(['runward dev', 'runward dev --scale 600 --port 7090']));
}

async function dev(session: Session, flags: Flags): Promise<number> {
  const lines = demoLines(process.stdout, session.output.colour);
  process.stdout.write(`runward dev ${VERSION} · runbooks of ${session.project} · simulated estate\n`);
  const dataDir = join(session.project, '.runward', 'dev');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const stop = new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
    process.once('SIGHUP', () => resolve());
  });
  const log = createLog({ level: 'info', redact: (text) => text, file: join(dataDir, 'logs', 'dev.log') });
  const url = textFlag(flags, 'redis');
  const redis = await startRedis({ dataDir, allowDownload: true, log, ...(url === undefined ? {} : { url }) });
  try {
    lines.line('redis', redis.describe);
    const scale = countFlag(flags, 'scale', { flag: '--scale', max: 10_000 });
    const seed = countFlag(flags, 'seed', { flag: '--seed', max: 1_000_000_000 });
    const port = await serverPort(flags);
    const keysDir = join(dataDir, 'keys');
    await createKeyPair(keysDir);
    const simulator = await startSimulator({ dataDir, scale, seed });
    lines.line('azure', `simulator ${String(simulator.ready['endpoint'])} · ${scale} times faster than Azure`);
    const request = { project: session.project, dataDir, keysDir, redisUrl: redis.url, port, scale, seed, leaseMs: 30_000, scanMs: 5_000 };
    const stack = await startStack(request, simulator);
    const forget = announce(session.project, stack.url);
    lines.line('server', `${stack.url} · local mode: loopback and simulator only, no sign-in`);
    const worker = await stack.startWorker();
    lines.line('worker', `${worker.pid} ready · Ctrl-C stops everything, the data stays in ${dataDir}`);
    await stop;
    forget();
    await stack.stop();
  } finally {
    await redis.stop();
  }
  return 0;
}
