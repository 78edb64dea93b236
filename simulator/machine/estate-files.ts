import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Machine, World } from '../world.ts';

const files = z.record(
  z.string().regex(/^\/[^\0]+$/),
  z.union([z.string(), z.strictObject({ mode: z.int().min(0).max(0o777).optional(), text: z.string() })]),
);

/**
 * Writes the files that the estate gives a machine: those of all, of its role, and its own, later ones over earlier ones. A file of the estate is a
 * YAML map from path to text. Text may name the machine itself and the addresses of others, which are known only when the estate is loaded.
 */
export function writeEstateFiles(world: World, machine: Machine): void {
  for (const layer of ['all', machine.role, machine.name]) {
    const source = join(world.filesFolder, `${layer}.yaml`);
    if (!existsSync(source)) continue;
    const parsed = files.safeParse(parse(readFileSync(source, 'utf8')));
    if (!parsed.success)
      throw new Error(`${source}: ${parsed.error.issues[0]?.path.join('.') ?? ''}: ${parsed.error.issues[0]?.message ?? 'not files'}`);
    for (const [path, given] of Object.entries(parsed.data)) {
      const { mode = 0o644, text } = typeof given === 'string' ? { text: given } : given;
      const place = join(machine.root, normalize(path));
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, fillIn(world, machine, text));
      chmodSync(place, mode);
    }
  }
}

function fillIn(world: World, machine: Machine, text: string): string {
  return text
    .replaceAll('@hostname@', machine.hostname)
    .replace(/@address:([\w-]+)@/g, (whole, name: string) => world.estate.machines.find((other) => other.name === name)?.address ?? whole);
}
