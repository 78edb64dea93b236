import { lchownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The user that owns a machine's files and runs its scripts: nobody when the simulator is root, else the simulator's own. */
export function ownerOf(): { readonly uid: number; readonly gid: number } | undefined {
  return process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;
}

/** Writes a file into a machine as the machine's own user. */
export function writeOwned(root: string, relative: string, text: string, mode = 0o644): void {
  const file = join(root, relative);
  writeFileSync(file, text, { mode });
  const owner = ownerOf();
  if (owner !== undefined) lchownSync(file, owner.uid, owner.gid);
}
