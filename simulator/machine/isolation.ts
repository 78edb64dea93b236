import { spawnSync } from 'node:child_process';
import { findProgram } from './image.ts';
import { ownerOf } from './owner.ts';

/** How scripts are kept inside their machine: own namespaces, a changed root, or not run at all. */
export type Isolation = 'userns' | 'chroot' | 'none';

/** A command of the host that runs one file of a machine with that machine as its whole world. */
export interface ContainedCommand {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

// Devices are bound from the host; a /proc that cannot be mounted stays empty. The end of the first process ends all others of its namespace.
const ENTER = `set -e
for device in null zero urandom; do mount --bind /dev/$device "$1/dev/$device"; done
mount -t proc proc "$1/proc" 2>/dev/null || :
exec chroot "$1" /bin/sh "$2"`;

/** The command that runs `file` (a path inside the machine) contained in `root`; undefined where the host has no way to do so. */
export function contained(isolation: Isolation, root: string, file: string): ContainedCommand | undefined {
  const owner = ownerOf();
  if (isolation === 'userns') {
    const unshare = findProgram('unshare');
    if (unshare === undefined) return undefined;
    return { program: unshare, arguments: ['-r', '-m', '-p', '-f', '--kill-child', '/bin/sh', '-c', ENTER, 'sh', root, file], ...owner };
  }
  if (isolation === 'chroot') {
    const chroot = findProgram('chroot');
    // Only root may change its root; the script runs as the owner of the machine's files.
    if (chroot === undefined || owner === undefined) return undefined;
    return { program: chroot, arguments: [`--userspec=${owner.uid}:${owner.gid}`, root, '/bin/sh', file] };
  }
  return undefined;
}

/** What a contained process gets as its environment. */
export const CONTAINED_ENV = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
} as const;

/** The first of some ways that this host has, tried for real: `file` inside `root` must print "contained". */
export function probeIsolation(ways: readonly Isolation[], root: string, file: string): Isolation {
  for (const isolation of ways) {
    const command = contained(isolation, root, file);
    if (command === undefined) continue;
    const { program, arguments: given, ...identity } = command;
    const tried = spawnSync(program, [...given], { ...identity, env: CONTAINED_ENV, cwd: '/', timeout: 10_000, encoding: 'utf8' });
    if (tried.status === 0 && tried.stdout === 'contained\n') return isolation;
  }
  return 'none';
}
