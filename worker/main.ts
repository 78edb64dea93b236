import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { limitedAzureFromConfig, refusePersonalIdentity } from '../adapters/azure/configured.ts';
import { createRunCommandShell } from '../adapters/azure/run-command-shell.ts';
import { startConsumer } from '../adapters/redis/consumer.ts';
import { openRedisStore } from '../adapters/redis/store.ts';
import { openWakeUps } from '../adapters/redis/wake-ups.ts';
import { createLocalShell } from '../adapters/shell/local.ts';
import { createShell } from '../adapters/shell/router.ts';
import { createSshShell } from '../adapters/shell/ssh.ts';
import { createChannels, readChannels } from '../adapters/system/channels.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { createDns } from '../adapters/system/dns.ts';
import { createHttp } from '../adapters/system/http.ts';
import { systemIds, systemRandom } from '../adapters/system/ids.ts';
import { createLog } from '../adapters/system/log.ts';
import { withLogFiles } from '../adapters/system/filed-log.ts';
import { openLogFiles } from '../adapters/system/log-files.ts';
import { createSecrets } from '../adapters/system/secrets.ts';
import { loadSigner } from '../adapters/system/signer.ts';
import { openTickets } from '../adapters/system/tickets.ts';
import { createTls } from '../adapters/system/tls.ts';
import { type Config, parseConfig } from '../engine/config.ts';
import { ERRORS, RunwardError } from '../engine/errors.ts';
import type { Azure } from '../engine/azure-calls.ts';
import type { Log, Ports, Secrets, Shell } from '../engine/ports.ts';
import { VERSION } from '../engine/version.ts';
import { fenceReason } from './fence.ts';
import { createKnownSecrets, type KnownSecrets } from './known-secrets.ts';
import { startWork } from './work.ts';

const DRAIN_MS = 50_000;
/** The supervisor starts a worker again that fenced itself off. */
const EXIT_FENCED = 70;

/** Runs a worker until SIGTERM or SIGINT, then gives its runs back. Resolves with the exit code. Throws USAGE_CONFIG_INVALID, STORE_UNAVAILABLE. */
export async function runWorker(config: Config, options: { readonly ready?: () => void } = {}): Promise<number> {
  refusePersonalIdentity(config);
  const name = `${hostname()}-${process.pid}-${randomUUID().slice(0, 4)}`;
  const known = createKnownSecrets();
  const log = createLog({ level: 'info', redact: known.redact, fields: { process: 'worker', worker: name } });
  const tickets = await openTickets(config.ticketsDir ?? join(config.dataDir, 'tickets'));
  const { azure, limits } = await limitedAzureFromConfig(config, VERSION);
  const ports = await openPorts(config, { log, tickets, known, azure });
  const work = startWork({
    config,
    ports,
    limits,
    name,
    host: hostname(),
    ticketStore: tickets.id,
    version: VERSION,
    startConsumer: (handle) => startConsumer({ url: config.redisUrl, concurrency: config.workerConcurrency, handle, log }),
  });
  log.info('worker ready', { version: VERSION });
  options.ready?.();
  const stop = new AbortController();
  const fenced = fenceReason(systemClock, stop.signal);
  const reason = await Promise.race([askedToStop(), fenced]);
  stop.abort();
  if (reason !== undefined) {
    log.error('worker fences itself off and stops', { reason });
    return EXIT_FENCED;
  }
  log.info('worker drains', {});
  const end = await work.drain(DRAIN_MS);
  await ports.store.close();
  log.info('worker stopped', { end });
  return 0;
}

async function openPorts(
  config: Config,
  given: { readonly log: Log; readonly tickets: Ports['tickets']; readonly known: KnownSecrets; readonly azure: Azure },
): Promise<Ports> {
  const { log, tickets, known, azure } = given;
  const [redis, queue] = await Promise.all([openRedisStore({ url: config.redisUrl, log }), openWakeUps({ url: config.redisUrl, log })]);
  const store = withLogFiles(redis, openLogFiles(config.logsDir ?? join(config.dataDir, 'run-logs')), log);
  const secrets = known.watch(createSecrets({ env: process.env, directory: config.secretsDir ?? join(config.dataDir, 'secrets') }));
  const keysDir = config.keysDir ?? join(config.dataDir, 'keys');
  return {
    clock: systemClock,
    random: systemRandom,
    ids: systemIds,
    store,
    queue,
    azure,
    shell: shellOf(config, azure, secrets),
    http: createHttp({ allowHosts: config.httpAllowHosts }),
    tls: createTls({ allowHosts: config.httpAllowHosts }),
    dns: createDns({ allowHosts: config.httpAllowHosts }),
    channels: createChannels({ references: readChannels(config.channelsFile), secrets, allowHosts: config.httpAllowHosts }),
    secrets,
    tickets,
    signer: await loadSigner({ publicKeyDir: join(keysDir, 'public') }),
    log,
  };
}

function shellOf(config: Config, azure: Azure, secrets: Secrets): Shell {
  const { knownHostsFile } = config.ssh;
  return createShell({
    runCommand: createRunCommandShell(azure),
    ...(config.allowLocalScripts ? { local: createLocalShell() } : {}),
    ...(knownHostsFile === undefined ? {} : { ssh: createSshShell({ knownHostsFile, secrets }) }),
  });
}

/** Resolves at the first SIGTERM or SIGINT; the second one ends the process at once. */
function askedToStop(): Promise<undefined> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.once('SIGTERM', () => process.exit(1));
      process.once('SIGINT', () => process.exit(1));
      resolve(undefined);
    };
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
  });
}

async function main(): Promise<number> {
  try {
    const file = process.env['RUNWARD_CONFIG_FILE'];
    const config = parseConfig(process.env, file === undefined ? undefined : readFileSync(file, 'utf8'));
    return await runWorker(config, { ready: () => process.stdout.write('{"ready":true}\n') });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`the worker did not start: ${message}\n`);
    return error instanceof RunwardError ? ERRORS[error.code].exit : 1;
  }
}

if (import.meta.main) process.exit(await main());
