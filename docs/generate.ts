import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { referencePages } from './generators/reference.ts';

/** `npm run docs`: writes docs/reference anew, so that a page whose source is gone goes too. */

const folder = join(import.meta.dirname, 'reference');
const pages = await referencePages();
rmSync(folder, { recursive: true, force: true });
for (const page of pages) {
  const path = join(folder, page.name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, page.text);
}
process.stdout.write(`${pages.length} pages written to docs/reference\n`);
