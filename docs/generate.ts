import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GENERATED_FOLDERS, generatedFiles } from './generators/reference.ts';

/** `npm run docs`: writes the generated folders anew, so that a file whose source is gone goes too. */

const files = await generatedFiles();
for (const folder of GENERATED_FOLDERS) rmSync(join(import.meta.dirname, folder), { recursive: true, force: true });
for (const { path, text } of files) {
  const file = join(import.meta.dirname, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
process.stdout.write(`${files.length} files written to ${GENERATED_FOLDERS.map((folder) => `docs/${folder}`).join(' and ')}\n`);
