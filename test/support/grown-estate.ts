import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../cli/project-root.ts';

const FIRST_ADDRESS = 11;

/** The shop's estate with so many machines in its web tier, all of which are patched; `remove` deletes its folder. */
export async function grownEstate(webMachines: number): Promise<{ readonly file: string; readonly remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'runward-estate-'));
  await cp(join(projectRoot(), 'simulator', 'estates', 'contoso-shop'), folder, { recursive: true });
  const file = join(folder, 'estate.yaml');
  const text = await readFile(file, 'utf8');
  const line = / {2}- \{ name: web-04, .*\n/.exec(text)?.[0] ?? '';
  const more = webNames(webMachines)
    .slice(4)
    .map((name, place) => line.replace('web-04', name).replace(/address: [\d.]+/, `address: 127.20.1.${FIRST_ADDRESS + 4 + place}`));
  await writeFile(file, text.replace(line, `${line}${more.join('')}`));
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Names of the machines of a web tier of this size. */
export function webNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, place) => `web-${String(place + 1).padStart(2, '0')}`);
}
