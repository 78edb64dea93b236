import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, chmod, chown, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { postgresPrograms } from './lacks.ts';
import { freePort } from './free-port.ts';
import { type Login, startTestSshd, type TestSshd } from './sshd.ts';

const execute = promisify(execFile);

type Held = 'promote' | 'stop';

/** One PostgreSQL server on a machine of its own: an sshd leads to it, its clients come over TCP. */
export interface PostgresServer {
  readonly name: string;
  readonly sshd: TestSshd;
  readonly data: string;
  readonly socket: string;
  readonly port: number;
  /** Folder of the programs that scripts use: those of the package, and gates before the end of some of them. */
  readonly bin: string;
  /** Keeps `pg_promote` or `pg_ctl stop` from ending after it has done its work, until the answer is called. */
  readonly hold: (what: Held) => Promise<{ readonly done: () => boolean; readonly release: () => Promise<void> }>;
  /** One statement over TCP, its answer as psql prints it; throws when the server does not answer or refuses. */
  readonly query: (sql: string) => Promise<string>;
}

/** A primary and its streaming standby, each told how to follow the other one. */
export interface PostgresPair {
  readonly login: Login;
  readonly servers: readonly [PostgresServer, PostgresServer];
  readonly stop: () => Promise<void>;
}

/** Starts the pair: the first server is the primary. Everything lies in one temporary folder that `stop` removes. */
export async function startPostgresPair(names: readonly [string, string]): Promise<PostgresPair> {
  const bin = postgresPrograms();
  if (bin === undefined) throw new Error('this machine has no PostgreSQL server');
  const login = await serverUser();
  const folder = await mkdtemp(join(tmpdir(), 'runward-postgres-'));
  await chown(folder, login.uid, login.gid);
  await chmod(folder, 0o755);
  const place: Place = { bin, login, folder };
  const [first, second] = [await describe(place, names[0]), await describe(place, names[1])];

  await run(place, 'initdb', ['--pgdata', first.data, '--username', login.name, '--auth', 'trust', '--no-sync', '--encoding', 'UTF8']);
  await configure(first, second);
  await control(place, first, ['-w', 'start']);
  await run(place, 'createdb', ['--host', first.socket, '--port', String(first.port), login.name]).catch(() => undefined);
  await run(place, 'pg_basebackup', [
    '--pgdata',
    second.data,
    '--host',
    first.socket,
    '--port',
    String(first.port),
    '--no-sync',
    '-c',
    'fast',
  ]);
  await configure(second, first);
  await writeFile(join(second.data, 'standby.signal'), '');
  await control(place, second, ['-w', 'start']);
  return {
    login,
    servers: [first, second],
    stop: async () => {
      for (const server of [first, second]) {
        await control(place, server, ['-m', 'immediate', 'stop']).catch(() => undefined);
        await server.sshd.stop();
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Place {
  readonly bin: string;
  readonly login: Login;
  readonly folder: string;
}

async function describe(place: Place, name: string): Promise<PostgresServer> {
  const { login, folder, bin } = place;
  const socket = join(folder, `${name}-socket`);
  await mkdir(socket);
  await chown(socket, login.uid, login.gid);
  const port = await freePort();
  const gates = join(folder, `${name}-gates`);
  await mkdir(gates);
  await chown(gates, login.uid, login.gid);
  return {
    name,
    bin: await programs(place, join(folder, `${name}-bin`), gates),
    hold: async (what) => {
      const file = join(gates, `hold-${what}`);
      await writeFile(file, '');
      return { done: () => existsSync(join(gates, `done-${what}`)), release: () => rm(file) };
    },
    sshd: await startTestSshd(login),
    data: join(folder, name),
    socket,
    port,
    query: async (sql) => {
      const where = `host=127.0.0.1 port=${port} user=${login.name} dbname=postgres connect_timeout=5`;
      const { stdout } = await execute(join(bin, 'psql'), ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', where, '-c', sql]);
      return stdout.trim();
    },
  };
}

/** A folder with the programs of the package; those that a test can hold are scripts around the real ones. */
async function programs({ bin }: Place, folder: string, gates: string): Promise<string> {
  await mkdir(folder);
  for (const name of ['pg_controldata', 'pg_rewind', 'pg_basebackup', 'postgres']) await symlink(join(bin, name), join(folder, name));
  for (const name of ['psql', 'pg_ctl']) {
    const script = [
      '#!/bin/sh',
      'what=nothing',
      'case " $* " in *pg_promote*) what=promote ;; *" stop "*) what=stop ;; esac',
      `"${join(bin, name)}" "$@"`,
      'code=$?',
      `[ -e "${gates}/hold-$what" ] && : >"${gates}/done-$what"`,
      `while [ -e "${gates}/hold-$what" ]; do sleep 0.05; done`,
      'exit $code',
    ];
    await writeFile(join(folder, name), `${script.join('\n')}\n`, { mode: 0o755 });
  }
  return folder;
}

async function configure(server: PostgresServer, peer: PostgresServer): Promise<void> {
  const lines = [
    `port = ${server.port}`,
    "listen_addresses = '127.0.0.1'",
    `unix_socket_directories = '${server.socket}'`,
    "wal_keep_size = '256MB'",
    'wal_log_hints = on',
    "shared_buffers = '16MB'",
    `primary_conninfo = 'host=127.0.0.1 port=${peer.port} application_name=${server.name}'`,
  ];
  await appendFile(join(server.data, 'postgresql.conf'), `\n${lines.join('\n')}\n`);
}

async function control(place: Place, server: PostgresServer, words: readonly string[]): Promise<void> {
  await run(place, 'pg_ctl', ['-D', server.data, '-l', join(server.data, 'server.log'), ...words]);
}

/** PostgreSQL refuses to run as root, so root runs it as the user that Debian's package makes. */
async function serverUser(): Promise<Login> {
  const { uid, gid, username } = userInfo();
  if (uid !== 0) return { name: username, uid, gid };
  const { stdout } = await execute('getent', ['passwd', 'postgres']);
  const [name = '', , owner, group] = stdout.split(':');
  return { name, uid: Number(owner), gid: Number(group) };
}

async function run({ bin, login }: Place, program: string, words: readonly string[]): Promise<void> {
  const as = process.getuid?.() === 0 ? { uid: login.uid, gid: login.gid } : {};
  // A server that is started inherits these: pipes would keep it bound to this process.
  const child = spawn(join(bin, program), words, { ...as, cwd: '/', stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${code}`);
}
