import { appendFileSync, existsSync, readdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';

const POSTGRES = '/usr/lib/postgresql';

/** What some tests need from the machine, and how to get it. */
const TOOLS = {
  'redis-server': { found: () => onPath('redis-server'), get: 'apt-get install redis-server' },
  sshd: { found: () => onPath('sshd') && hasLoginShell(), get: 'apt-get install openssh-server, and a user with a login shell' },
  curl: { found: () => onPath('curl'), get: 'apt-get install curl' },
  openssl: { found: () => onPath('openssl'), get: 'apt-get install openssl' },
  wget: { found: () => onPath('wget'), get: 'apt-get install wget' },
  postgresql: {
    found: () => postgresPrograms() !== undefined && findOnPath('sshd') !== undefined,
    get: 'apt-get install postgresql openssh-server',
  },
  chromium: { found: () => onPath('chromium'), get: 'apt-get install chromium' },
  'azure specifications': {
    found: () => existsSync(process.env['AZURE_SPECIFICATIONS'] ?? ''),
    get: 'set AZURE_SPECIFICATIONS to a checkout of github.com/Azure/azure-rest-api-specs',
  },
} as const;

export type Tool = keyof typeof TOOLS;

// No package manager brings the specifications, so CI names them as skipped instead of failing.
const OPTIONAL_IN_CI: ReadonlySet<Tool> = new Set(['azure specifications']);

/**
 * True when this machine has no such tool, for `describe.skipIf`. The lack is written to the file that TEST_LACKS_FILE names, so
 * that the whole run can name it at its end. Throws where CI=true, because there a test that is left out is a failure.
 */
export function lacks(tool: Tool): boolean {
  const { found, get } = TOOLS[tool];
  if (found()) return false;
  if (process.env['CI'] === 'true' && !OPTIONAL_IN_CI.has(tool)) throw new Error(`CI=true and this machine has no ${tool}: ${get}`);
  const file = process.env['TEST_LACKS_FILE'];
  if (file !== undefined) appendFileSync(file, `${tool} (${get})\n`);
  return true;
}

/** The tests' sshd runs as this user, who must be able to log in: `nobody` of Debian is not. */
function hasLoginShell(): boolean {
  return !/\/(nologin|false)$/.test(userInfo().shell ?? '');
}

/** The folder of the newest PostgreSQL server's programs as Debian installs them, or undefined. */
export function postgresPrograms(): string | undefined {
  const versions = existsSync(POSTGRES) ? readdirSync(POSTGRES).filter((name) => /^\d+$/.test(name)) : [];
  return versions
    .toSorted((left, right) => Number(right) - Number(left))
    .map((version) => join(POSTGRES, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')));
}

function onPath(name: string): boolean {
  return findOnPath(name) !== undefined;
}

/** The file of a program on the path, or undefined. */
export function findOnPath(name: string): string | undefined {
  // Debian keeps sshd in /usr/sbin, which is not on the path of every user.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find((file) => file !== name && existsSync(file));
}
