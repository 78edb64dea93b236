import { createPublicKey } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { azureFromConfig } from '../adapters/azure/configured.ts';
import { openRedisStore } from '../adapters/redis/store.ts';
import { openWakeUps } from '../adapters/redis/wake-ups.ts';
import { openCronTick } from '../adapters/system/cron-tick.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { systemIds, systemRandom } from '../adapters/system/ids.ts';
import { createLog } from '../adapters/system/log.ts';
import { withLogFiles } from '../adapters/system/filed-log.ts';
import { openLogFiles } from '../adapters/system/log-files.ts';
import { createSecrets } from '../adapters/system/secrets.ts';
import { createKeyPair, loadSigner } from '../adapters/system/signer.ts';
import { type Config, parseConfig } from '../engine/config.ts';
import { ERRORS, RunwardError } from '../engine/errors.ts';
import { createRedactor, SECRET_BYTES_MIN } from '../engine/evidence/redact.ts';
import type { Finding } from '../engine/language/diagnostics.ts';
import type { Log } from '../engine/ports.ts';
import { VERSION } from '../engine/version.ts';
import { readConsoleFiles } from './console-files.ts';
import { refuseOpen } from './loopback.ts';
import { readProjectFiles } from './project-files.ts';
import { startServer } from './serve.ts';
import { adoptBootstrapToken, makeBootstrapToken } from './tokens.ts';

/** What the caller of a server wants to know of its start. */
export interface ServerHooks {
  /** Called once, with the address, when requests are answered. */
  readonly ready?: (url: string) => void;
  /** Given: a first administrator token is made, and its text is handed over here and nowhere else. */
  readonly newAdminToken?: (text: string) => void;
}

/** Runs a server until SIGTERM or SIGINT, then lets open requests finish. Throws USAGE_OPEN, USAGE_CONFIG_INVALID, USAGE_DOCUMENT, STORE_UNAVAILABLE. */
export async function runServer(config: Config, hooks: ServerHooks = {}): Promise<void> {
  refuseOpen(config);
  const log = createLog({ level: 'info', redact: redactorOf(config), fields: { process: 'server' } });
  const project = config.projectDir === undefined ? [] : await readProjectFiles(config.projectDir);
  const { ports, publicKey, close } = await openPorts(config, log);
  const heartbeat = openCronTick();
  try {
    if (config.bootstrapTokenFile !== undefined) await adoptBootstrapToken(ports, await readOwnFile(config.bootstrapTokenFile));
    if (hooks.newAdminToken !== undefined) hooks.newAdminToken(await makeBootstrapToken(ports));
    const consoleFiles = await readConsoleFiles();
    const shown = consoleFiles === undefined ? {} : { consoleFiles };
    const server = await startServer({ config, ports, publicKey, version: VERSION, project, heartbeat, ...shown });
    hooks.ready?.(server.url);
    await askedToStop();
    log.info('server stops', {});
    await server.close();
  } finally {
    await heartbeat.stop();
    await close();
  }
}

async function openPorts(config: Config, log: Log) {
  const { keyId, privateKeyFile, publicKeyDir } = await createKeyPair(config.keysDir ?? join(config.dataDir, 'keys'));
  const [signer, azure, pem] = await Promise.all([
    loadSigner({ privateKeyFile, publicKeyDir }),
    azureFromConfig(config, VERSION),
    readFile(join(publicKeyDir, `${keyId}.pem`), 'utf8'),
  ]);
  const redis = await openRedisStore({ url: config.redisUrl, log });
  const store = withLogFiles(redis, openLogFiles(config.logsDir ?? join(config.dataDir, 'run-logs')), log);
  // A folder of its own: what a server may read is never what workers reach machines with.
  const hookSecrets = createSecrets({ env: {}, directory: config.hooksDir ?? join(config.dataDir, 'hooks') });
  const queue = await openWakeUps({ url: config.redisUrl, log });
  return {
    ports: { store, queue, azure, signer, log, ids: systemIds, clock: systemClock, random: systemRandom, hookSecrets },
    publicKey: String(createPublicKey(pem).export({ type: 'spki', format: 'pem' })),
    close: async () => {
      await queue.close();
      await store.close();
    },
  };
}

// The one secret of a server is in its address of the store.
function redactorOf(config: Config): (text: string) => string {
  const password = decodeURIComponent(new URL(config.redisUrl).password);
  return createRedactor(Buffer.byteLength(password) < SECRET_BYTES_MIN ? [] : [password]).text;
}

async function readOwnFile(file: string): Promise<string> {
  const { mode } = await stat(file).catch((cause: unknown) => {
    throw new RunwardError('USAGE_CONFIG_INVALID', `bootstrapTokenFile: ${file} cannot be read`, {}, cause);
  });
  if ((mode & 0o077) !== 0)
    throw new RunwardError('USAGE_CONFIG_INVALID', `bootstrapTokenFile: others can read ${file}: chmod 600 ${file}`);
  return (await readFile(file, 'utf8')).trim();
}

/** Resolves at the first SIGTERM or SIGINT; the second one ends the process at once. */
function askedToStop(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.once('SIGTERM', () => process.exit(1));
      process.once('SIGINT', () => process.exit(1));
      resolve();
    };
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
  });
}

// What a start failed at, in the words that a person can act on.
function explain(error: unknown): { readonly text: string; readonly exit: number } {
  if (!(error instanceof RunwardError)) return { text: error instanceof Error ? (error.stack ?? error.message) : String(error), exit: 1 };
  const findings = (error.detail['findings'] ?? []) as readonly Finding[];
  const places = findings.map((one) => `\n  ${one.file}:${one.line}:${one.column} ${one.code} ${one.message}`);
  return { text: `${error.code}: ${error.message}${places.join('')}`, exit: ERRORS[error.code].exit };
}

const FLAGS = {
  host: { type: 'string' },
  port: { type: 'string' },
  redis: { type: 'string' },
  project: { type: 'string' },
  'ready-json': { type: 'boolean' },
  'new-admin-token': { type: 'boolean' },
} as const;

function readFlags() {
  try {
    return parseArgs({ options: FLAGS }).values;
  } catch (cause) {
    const known = Object.keys(FLAGS).map((name) => `--${name}`);
    throw new RunwardError(
      'USAGE_FLAG',
      `${cause instanceof Error ? cause.message : String(cause)} Known are ${known.join(', ')}`,
      {},
      cause,
    );
  }
}

// A flag wins over its variable, a variable over the file.
async function readConfig(flags: ReturnType<typeof readFlags>): Promise<Config> {
  const { host, port, redis, project } = flags;
  const named = { RUNWARD_HOST: host, RUNWARD_PORT: port, RUNWARD_REDIS_URL: redis, RUNWARD_PROJECT_DIR: project };
  const given = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
  const file = process.env['RUNWARD_CONFIG_FILE'];
  return parseConfig({ ...process.env, ...given }, file === undefined ? undefined : await readText(file));
}

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new RunwardError('USAGE_CONFIG_INVALID', `RUNWARD_CONFIG_FILE: ${file} cannot be read`, {}, cause);
  });
}

async function main(): Promise<number> {
  const print = (line: string): boolean => process.stdout.write(`${line}\n`);
  try {
    const flags = readFlags();
    await runServer(await readConfig(flags), {
      ...(flags['ready-json'] === true ? { ready: (url) => print(JSON.stringify({ ready: true, url })) } : {}),
      ...(flags['new-admin-token'] === true ? { newAdminToken: print } : {}),
    });
    return 0;
  } catch (error) {
    const { text, exit } = explain(error);
    process.stderr.write(`runward server: ${text}\n`);
    return exit;
  }
}

if (import.meta.main) {
  process.exitCode = await main();
  process.exit();
}
