import { spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  linkSync,
  mkdirSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { SHIMS } from './shims/list.ts';
import { ownCurl } from './shims/own-curl.ts';

/** Programs of the host that a machine gets, where the host has them. */
const TOOLS = (
  'sh bash cat stat head tail tr cut sort uniq wc cksum base64 od timeout sed grep egrep awk find xargs sha256sum md5sum ls cp mv rm mkdir rmdir ln ' +
  'chmod chown touch date sleep env printf echo test true false expr seq basename dirname readlink realpath mktemp tee nice kill ps uname df du cmp ' +
  'diff dd sync gzip nproc printenv tac paste comm split install id whoami setsid flock'
).split(' ');

/** Folders that are links into /usr, as on every merged Debian. */
const MERGED = ['bin', 'sbin', 'lib', 'lib64'] as const;

/** The host's path of a program, undefined when the host has none. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  for (const folder of folders) {
    if (folder === '') continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** Builds the shared image of all machines from the programs of this host and their libraries; `own` leaves the host's curl aside. Returns the files of it, relative to the folder. */
export function buildImage(folder: string, curl: 'host' | 'own'): readonly string[] {
  const files = new Set<string>();
  const put = (source: string, target: string): void => {
    const relative = target.replace(/^\/(bin|sbin|lib|lib64)\//, '/usr/$1/').slice(1);
    if (files.has(relative)) return;
    files.add(relative);
    const place = join(folder, relative);
    mkdirSync(dirname(place), { recursive: true });
    copyFileSync(realpathSync(source), place);
    chmodSync(place, 0o555);
  };
  const programs = TOOLS.flatMap((tool) => programOf(tool, `/usr/bin/${tool}`));
  // curl is not in the PATH of a machine: its shim is, and knows where hosts really are.
  const hostCurl = curl === 'host' ? programOf('curl', '/usr/lib/sim/curl') : [];
  programs.push(...hostCurl);
  if (hostCurl.length === 0) {
    programs.push({ source: process.execPath, target: '/usr/lib/sim/node' });
    mkdirSync(join(folder, 'usr/lib/sim'), { recursive: true });
    writeFileSync(join(folder, 'usr/lib/sim/curl.mjs'), ownCurl, { mode: 0o444 });
    files.add('usr/lib/sim/curl.mjs');
  }
  for (const { source, target } of programs) put(source, target);
  for (const library of librariesOf(programs.map(({ source }) => source))) put(library, library);
  for (const [name, text] of SHIMS) {
    const relative = `usr/local/sbin/${name}`;
    files.add(relative);
    mkdirSync(join(folder, 'usr/local/sbin'), { recursive: true });
    writeFileSync(join(folder, relative), text, { mode: 0o555 });
  }
  return [...files];
}

function programOf(name: string, target: string): readonly { readonly source: string; readonly target: string }[] {
  const found = findProgram(name);
  return found === undefined ? [] : [{ source: realpathSync(found), target }];
}

/** The libraries that programs are linked with. Scripts and static programs have none, and ldd complains of them on its other stream. */
function librariesOf(programs: readonly string[]): ReadonlySet<string> {
  const ldd = findProgram('ldd');
  if (ldd === undefined) return new Set();
  const { stdout } = spawnSync(ldd, [...programs], { encoding: 'utf8' });
  return new Set([...stdout.matchAll(/(?:=>\s*)?(\/\S+)\s+\(0x/g)].flatMap((match) => (match[1] === undefined ? [] : [match[1]])));
}

/** Links the image into the root folder of a machine; no byte is copied. */
export function linkImage(folder: string, files: readonly string[], root: string): void {
  for (const name of MERGED) {
    mkdirSync(join(root, 'usr', name), { recursive: true });
    symlinkSync(`usr/${name}`, join(root, name));
  }
  const made = new Set<string>();
  for (const file of files) {
    const parent = dirname(join(root, file));
    if (!made.has(parent)) mkdirSync(parent, { recursive: true });
    made.add(parent);
    linkSync(join(folder, file), join(root, file));
  }
}
