import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { OWN_FOLDERS, walk } from './files.ts';
import type { World } from '../world.ts';

/** One path of a manifest: a file by the digest of its content, a link by where it points, or a folder. */
export interface ManifestEntry {
  readonly path: string;
  readonly mode: number;
  readonly digest?: string;
  readonly link?: string;
}

/** The files of a machine at one instant. Contents lie in the content store, once each. */
export type Manifest = readonly ManifestEntry[];

const FILE_MAX = 2000;
const BYTES_MAX = 64 * 1024 * 1024;

/** Records the files of a machine as they are. Throws when the machine holds more than the simulator keeps for one (2,000 files, 64 MB). */
export function captureFiles(world: World, root: string): Manifest {
  return world.journal.seenFiles(() => readFiles(world, root, OWN_FOLDERS));
}

/** Reads the files below some folders of a machine. */
export function readFiles(world: World, root: string, folders: readonly string[]): Manifest {
  const entries: ManifestEntry[] = [];
  let bytes = 0;
  for (const folder of folders) {
    if (!existsSync(join(root, folder))) continue;
    walk(join(root, folder), (file) => {
      const stat = lstatSync(file);
      const path = relative(root, file);
      const mode = stat.mode & 0o7777;
      if (stat.isSymbolicLink()) entries.push({ path, mode, link: readlinkSync(file) });
      else if (stat.isDirectory()) entries.push({ path, mode });
      else if (stat.isFile()) {
        bytes += stat.size;
        entries.push({ path, mode, digest: contentOf(world, file, `${file} ${stat.ino} ${stat.size} ${stat.mtimeMs} ${stat.ctimeMs}`) });
      }
    });
  }
  if (entries.length > FILE_MAX || bytes > BYTES_MAX) throw new Error(`${root} holds more than ${FILE_MAX} files or ${BYTES_MAX} bytes`);
  return entries;
}

function contentOf(world: World, file: string, version: string): string {
  const known = world.contentDigests.get(file);
  if (known?.version === version) return known.digest;
  const content = readWhatever(file);
  const digest = createHash('sha256').update(content).digest('hex');
  const place = join(world.contentFolder, digest);
  if (!existsSync(place)) writeFileSync(place, content, { mode: 0o600 });
  world.contentDigests.set(file, { version, digest });
  return digest;
}

/** A replica carries blocks, not permissions: a file that its machine lets nobody read is carried as well. */
function readWhatever(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) throw error;
    const { mode } = lstatSync(file);
    chmodSync(file, 0o600);
    const content = readFileSync(file);
    chmodSync(file, mode & 0o7777);
    return content;
  }
}

/** Writes the files of a manifest into a root folder. */
export function restoreFiles(world: World, root: string, manifest: Manifest): void {
  for (const entry of manifest) {
    const file = join(root, entry.path);
    mkdirSync(dirname(file), { recursive: true });
    if (entry.link !== undefined) symlinkSync(entry.link, file);
    else if (entry.digest === undefined) mkdirSync(file, { recursive: true, mode: entry.mode });
    else {
      copyFileSync(join(world.contentFolder, entry.digest), file);
      chmodSync(file, entry.mode);
    }
  }
}
