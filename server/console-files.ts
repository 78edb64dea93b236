import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { RunwardError } from '../engine/errors.ts';

/** One built file of the console: its address below `/console/`, its media type and its bytes. */
export interface ConsoleFile {
  readonly name: string;
  readonly type: string;
  readonly body: Buffer;
}

/** The built console: the page, and every other file that it may ask for. */
export interface ConsoleFiles {
  readonly page: ConsoleFile;
  readonly assets: readonly ConsoleFile[];
}

const PAGE = 'index.html';

// The build lists its own files; a name that could leave the folder is refused although only our build writes the list.
const listSchema = z.strictObject({
  files: z.array(
    z.strictObject({ name: z.string().regex(/^(?:assets\/)?[\w-]+(?:\.[\w-]+)*\.(?:html|js|css|svg)$/), type: z.string().min(1).max(100) }),
  ),
});

/**
 * The built console beside the server's own code, or undefined when it was not built. Throws USAGE_CONFIG_INVALID when the build is
 * there and not whole.
 */
export async function readConsoleFiles(folder: string = builtFolder()): Promise<ConsoleFiles | undefined> {
  const list = await readFile(`${folder}files.json`, 'utf8').catch(() => undefined);
  if (list === undefined) return undefined;
  try {
    const { files } = listSchema.parse(JSON.parse(list));
    const read = await Promise.all(files.map(async (file) => ({ ...file, body: await readFile(folder + file.name) })));
    const page = read.find((file) => file.name === PAGE);
    if (page === undefined) throw new Error(`${PAGE} is not in the list`);
    return { page, assets: read.filter((file) => file !== page) };
  } catch (cause) {
    throw new RunwardError('USAGE_CONFIG_INVALID', `the console in ${folder} is not whole: build it again (npm run console)`, {}, cause);
  }
}

// In the package the server is `dist/server/*.js` beside `dist/console`; in a checkout it is `server/*.ts` beside `dist`.
function builtFolder(): string {
  const fromHere = extname(import.meta.url) === '.ts' ? '../dist/console/' : '../console/';
  return fileURLToPath(new URL(fromHere, import.meta.url));
}
