import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the pairs of what is said after the documents were found good lie: `<name>.yaml` and what people read in `<name>.out`. */
export const SAID_FOLDER = join(import.meta.dirname, '../golden/said');

/** A good document about which a server or a run says something; its name begins with the code. */
export interface SaidGolden {
  readonly name: string;
  readonly code: string;
  readonly text: string;
}

/** Every one of them by name. */
export const SAID_GOLDENS: readonly SaidGolden[] = readdirSync(SAID_FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .toSorted()
  .map((file) => ({
    name: file.replace(/\.yaml$/, ''),
    code: file.slice(0, 'RW516'.length).toUpperCase(),
    text: readFileSync(join(SAID_FOLDER, file), 'utf8'),
  }));
