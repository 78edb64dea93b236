import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { delimiter, dirname, join, resolve } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { RunwardError } from '../engine/errors.ts';
import type { Log } from '../engine/ports.ts';

const START_TIMEOUT_MS = 60_000;
const PROBE_TIMEOUT_MS = 2_000;
const STOP_TIMEOUT_MS = 10_000;
const APT_TIMEOUT_MS = 120_000;
const DEBIAN_PACKAGES = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'];

/** How a Redis was found: named by the user, alive from an earlier start, a program of this machine, one fetched by apt, or JavaScript. */
type RedisKind = 'given' | 'earlier' | 'installed' | 'downloaded' | 'javascript';

/** `dataDir` holds the data and what is known of the running server. `url` is used as it is; without one a server is started. */
export interface RedisRequest {
  readonly dataDir: string;
  readonly url?: string;
  readonly allowDownload: boolean;
  readonly log: Log;
  /** PATH, by default that of the process. */
  readonly path?: string;
}

/** A server that answers. It runs on when this process is killed; `stop` ends it, but never one that was given. */
export interface RunningRedis {
  readonly url: string;
  readonly kind: RedisKind;
  /** One sentence for people. */
  readonly describe: string;
  readonly pid?: number;
  readonly stop: () => Promise<void>;
}

/** What is kept in `<dataDir>/redis.json`: the address holds the password, so only its owner may read it. */
interface Known {
  readonly url: string;
  readonly pid: number;
  readonly kind: RedisKind;
  readonly program: string;
  readonly describe: string;
}

interface Program {
  readonly kind: RedisKind;
  readonly program: string;
  readonly libraries?: string;
}

/**
 * Finds or starts a Redis for a demo, development or tests, never for production. Tries in order: the given address, a server of an earlier
 * start, redis-server or valkey-server on PATH, the Debian package unpacked without root, js-redis-server. Throws STORE_UNAVAILABLE.
 */
export async function startRedis(request: RedisRequest): Promise<RunningRedis> {
  if (request.url !== undefined) return useGiven(request.url);
  await mkdir(join(request.dataDir, 'redis'), { recursive: true, mode: 0o700 });
  const unlock = await lockFolder(request.dataDir);
  try {
    return (await useEarlier(request)) ?? (await startOwn(request));
  } finally {
    await unlock();
  }
}

async function useGiven(url: string): Promise<RunningRedis> {
  const answer = await probe(url);
  if (answer !== 'ready') throw new RunwardError('STORE_UNAVAILABLE', `the Redis at ${withoutPassword(url)} does not answer (${answer})`);
  return { url, kind: 'given', describe: `the Redis at ${withoutPassword(url)}`, stop: async () => {} };
}

/** A server of ours that is still alive is used again; a second one must never open the same data. */
async function useEarlier({ dataDir, log }: RedisRequest): Promise<RunningRedis | undefined> {
  const known = await readKnown(dataDir);
  if (known === undefined || !isOurs(known, dataDir)) return undefined;
  const answer = await untilReady(known, () => isOurs(known, dataDir));
  if (answer === 'ready')
    return running(dataDir, { ...known, kind: 'earlier', describe: `still running from an earlier start: ${known.describe}` });
  if (!isOurs(known, dataDir)) return undefined;
  log.error('the Redis of an earlier start is alive and does not answer', { pid: known.pid, answer });
  throw new RunwardError('STORE_UNAVAILABLE', `the Redis of an earlier start does not answer (${answer}): end it with "kill ${known.pid}"`);
}

async function startOwn(request: RedisRequest): Promise<RunningRedis> {
  const { dataDir, log } = request;
  const installed = findInstalled(request.path ?? process.env['PATH'] ?? '');
  if (installed !== undefined) return startProgram(dataDir, { kind: 'installed', program: installed });

  const unpacked = findUnpacked(dataDir) ?? (request.allowDownload ? download(request) : undefined);
  if (unpacked !== undefined) {
    try {
      return await startProgram(dataDir, unpacked);
    } catch (error) {
      log.warn('the unpacked redis-server does not start', { reason: error instanceof Error ? error.message : String(error) });
    }
  }
  const script = findJavaScript();
  if (script !== undefined) return startJavaScript(dataDir, script);
  const ways =
    '"apt install redis-server", "brew install valkey", or "docker run -p 6379:6379 redis:7" with REDIS_URL=redis://127.0.0.1:6379';
  throw new RunwardError('STORE_UNAVAILABLE', `no Redis was found and none could be fetched: ${ways}`);
}

function findInstalled(path: string): string | undefined {
  const candidates = ['redis-server', 'valkey-server'].flatMap((name) => path.split(delimiter).map((folder) => join(folder, name)));
  return candidates.find((file) => file.startsWith('/') && existsSync(file));
}

async function startProgram(dataDir: string, found: Program): Promise<RunningRedis> {
  const { port, password } = await chooseAddress(dataDir);
  const config = configFile(dataDir);
  // In a file of the owner alone: arguments can be read by every user of the machine.
  await writePrivately(config, redisConfig({ port, password, folder: resolve(dataDir, 'redis') }));
  const libraries = found.libraries === undefined ? {} : { LD_LIBRARY_PATH: found.libraries };
  const pid = launch(found.program, [config], libraries);
  const where = found.kind === 'downloaded' ? 'redis-server from a Debian package, unpacked in the data folder' : found.program;
  const describe = `${where}, port ${port}, every write forced to disk`;
  return keep(dataDir, { url: `redis://:${password}@127.0.0.1:${port}`, pid, kind: found.kind, program: found.program, describe });
}

/** The address of the server before, so that processes of ours that outlived it find the new one; a new one when its port is taken. */
async function chooseAddress(dataDir: string): Promise<{ readonly port: number; readonly password: string }> {
  const before = await readKnown(dataDir);
  const { port = '0', password = '' } = before === undefined ? {} : new URL(before.url);
  if (password !== '' && (await isFree(Number(port)))) return { port: Number(port), password };
  return { port: await freePort(), password: randomBytes(24).toString('hex') };
}

async function startJavaScript(dataDir: string, script: string): Promise<RunningRedis> {
  const port = await freePort();
  const pid = launch(process.execPath, [script, '--port', String(port)], {});
  const describe = 'in-memory store (js-redis-server): everything is lost when it stops';
  return keep(dataDir, { url: `redis://127.0.0.1:${port}`, pid, kind: 'javascript', program: script, describe });
}

async function keep(dataDir: string, known: Known): Promise<RunningRedis> {
  // Written before the server answers: should this process die now, the next one finds the server by it.
  await writePrivately(join(dataDir, 'redis.json'), JSON.stringify(known));
  const answer = await untilReady(known, () => isAlive(known.pid));
  if (answer === 'ready') return running(dataDir, known);
  await end(known.pid);
  await rm(join(dataDir, 'redis.json'), { force: true });
  const log = await readFile(join(dataDir, 'redis', 'redis.log'), 'utf8').catch(() => '');
  const last = log.trim().split('\n').at(-1) ?? '';
  throw new RunwardError('STORE_UNAVAILABLE', `${known.program} did not start: ${last || answer}`);
}

function running(dataDir: string, known: Known): RunningRedis {
  const { url, kind, pid, describe } = known;
  const stop = async (): Promise<void> => {
    await end(pid);
    await rm(join(dataDir, 'redis.json'), { force: true });
  };
  return { url, kind, describe, pid, stop };
}

function redisConfig(wanted: { readonly port: number; readonly password: string; readonly folder: string }): string {
  const lines = [`bind 127.0.0.1`, `port ${wanted.port}`, `requirepass ${wanted.password}`, `dir "${wanted.folder}"`, 'save ""'];
  return [...lines, 'logfile redis.log', 'appendonly yes', 'appendfsync always', 'maxmemory-policy noeviction', ''].join('\n');
}

function launch(program: string, args: readonly string[], env: Readonly<Record<string, string>>): number {
  // A group of its own and no shared pipes: the server outlives a demo that is killed.
  const child = spawn(program, args, { detached: true, stdio: 'ignore', env: { ...process.env, ...env } });
  child.on('error', () => {});
  child.unref();
  return child.pid ?? -1;
}

/** Debian and Ubuntu without root: apt checks the signatures, dpkg only unpacks. Undefined when this machine cannot do it. */
function download({ dataDir, log, path }: RedisRequest): Program | undefined {
  if (!existsSync('/etc/apt') || !existsSync('/usr/bin/apt-get')) return undefined;
  log.info('fetching redis-server from the Debian archive (1.4 MB) into the data folder', { dataDir });
  const root = resolve(dataDir, 'redis-debian');
  const script = [
    'set -e; umask 077; mkdir -p state/lists/partial cache/archives/partial debs',
    'apt="/usr/bin/apt-get -qq -o Dir::State=$PWD/state -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache=$PWD/cache -o APT::Sandbox::User="',
    '$apt update; cd debs; $apt download "$@"; cd ..; for deb in debs/*.deb; do dpkg -x "$deb" new; done; mv new root; rm -rf state cache debs',
  ].join('\n');
  const env = { ...process.env, PATH: `${path ?? ''}${delimiter}/usr/sbin:/usr/bin:/sbin:/bin` };
  const made = spawnSync('/bin/sh', ['-c', `mkdir -p "$0" && cd "$0" && ${script}`, root, ...DEBIAN_PACKAGES], {
    env,
    timeout: APT_TIMEOUT_MS,
  });
  if (made.status === 0) return findUnpacked(dataDir);
  log.warn('redis-server could not be fetched', { reason: made.stderr?.toString().trim().split('\n').at(-1) ?? 'no answer in time' });
  return undefined;
}

function findUnpacked(dataDir: string): Program | undefined {
  const root = resolve(dataDir, 'redis-debian', 'root');
  // Debian's redis-server is a link to this file.
  const program = join(root, 'usr/bin/redis-check-rdb');
  if (!existsSync(program)) return undefined;
  const triples = readdirSync(join(root, 'usr/lib')).filter((name) => name.includes('-linux-'));
  const libraries = triples.map((name) => join(root, 'usr/lib', name)).join(delimiter);
  const server = join(root, 'usr/bin/redis-server');
  return { kind: 'downloaded', program: existsSync(server) ? server : program, libraries };
}

function findJavaScript(): string | undefined {
  try {
    const script = join(dirname(fileURLToPath(import.meta.resolve('js-redis-server'))), 'cli.js');
    return existsSync(script) ? script : undefined;
  } catch {
    return undefined;
  }
}

type Answer = 'ready' | 'loading' | 'refused' | 'silent' | 'not a Redis';

async function untilReady(known: Known, alive: () => boolean): Promise<Answer> {
  const endMs = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const answer = await probe(known.url);
    if (answer === 'ready' || performance.now() > endMs || !alive()) return answer;
    await delay(50);
  }
}

/** One PING; a server that loads its data says so. */
function probe(url: string): Promise<Answer> {
  const { protocol, hostname, port, username, password } = new URL(url);
  const at = { host: hostname, port: Number(port || '6379') };
  return new Promise((done) => {
    const socket = protocol === 'rediss:' ? connectTls({ ...at, servername: hostname }) : connectTcp(at);
    const finish = (answer: Answer): void => {
      socket.destroy();
      done(answer);
    };
    let text = '';
    socket.setTimeout(PROBE_TIMEOUT_MS, () => finish('silent'));
    socket.on('error', () => finish('refused'));
    socket.on('close', () => finish('refused'));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('+PONG')) finish('ready');
      else if (text.includes('LOADING')) finish('loading');
      else if (/^-/m.test(text)) finish('refused');
      else if (!/^[+-]/.test(text)) finish('not a Redis');
    });
    const words = password === '' ? [] : ['AUTH', ...(username === '' ? [] : [username]), password].map(decodeURIComponent);
    socket.write(`${words.length === 0 ? '' : encode(words)}${encode(['PING'])}`);
  });
}

function encode(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

async function lockFolder(dataDir: string): Promise<() => Promise<void>> {
  const file = join(dataDir, 'redis.lock');
  const endMs = performance.now() + START_TIMEOUT_MS + APT_TIMEOUT_MS;
  for (;;) {
    const handle = await open(file, 'wx', 0o600).catch(() => undefined);
    if (handle !== undefined) {
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => rm(file, { force: true });
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => ''));
    if (holder > 0 && !isAlive(holder)) await rm(file, { force: true });
    else if (performance.now() > endMs)
      throw new RunwardError('STORE_UNAVAILABLE', `another start holds ${file}: remove it if none is running`);
    else await delay(50);
  }
}

async function readKnown(dataDir: string): Promise<Known | undefined> {
  const text = await readFile(join(dataDir, 'redis.json'), 'utf8').catch(() => '');
  try {
    const known = JSON.parse(text) as Partial<Known>;
    return typeof known.url === 'string' && typeof known.pid === 'number' ? (known as Known) : undefined;
  } catch {
    return undefined;
  }
}

/** True when the process is alive and is the server that we started: process ids are used again. */
function isOurs(known: Known, dataDir: string): boolean {
  if (!isAlive(known.pid)) return false;
  const commandLine = `/proc/${known.pid}/cmdline`;
  if (!existsSync('/proc/self/cmdline')) return true;
  try {
    const text = readFileSync(commandLine, 'utf8');
    // A running Redis shows its address in place of its arguments.
    return text.includes(configFile(dataDir)) || text.includes(known.program) || text.includes(`:${new URL(known.url).port}`);
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** A child of a process that does not reap it keeps its id after its end. */
function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function end(pid: number): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!isAlive(pid)) return;
    process.kill(pid, signal);
    for (let waitedMs = 0; waitedMs < STOP_TIMEOUT_MS && isAlive(pid); waitedMs += 20) await delay(20);
  }
}

function configFile(dataDir: string): string {
  return resolve(dataDir, 'redis', 'redis.conf');
}

async function writePrivately(file: string, text: string): Promise<void> {
  await rm(file, { force: true });
  await writeFile(file, text, { mode: 0o600 });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>((done) => server.once('error', () => done(false)).listen(port, '127.0.0.1', () => done(true)));
  if (free) await new Promise((done) => server.close(done));
  return free;
}

function withoutPassword(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
