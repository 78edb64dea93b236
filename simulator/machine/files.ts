import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Folders whose contents are the machine's own: they are what replication carries. */
export const OWN_FOLDERS = ['etc', 'opt', 'var', 'root', 'home', 'srv', 'usr/local/bin', 'usr/local/lib'] as const;

/** Visits every file, link and folder below a folder, folders before what they hold. What a script of the machine removes meanwhile is passed over. */
export function walk(folder: string, visit: (file: string) => void): void {
  for (const entry of whileThere(() => readdirSync(folder, { withFileTypes: true })) ?? []) {
    const file = join(folder, entry.name);
    whileThere(() => visit(file));
    if (entry.isDirectory()) walk(file, visit);
  }
}

function whileThere<Result>(look: () => Result): Result | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw error;
  }
}
