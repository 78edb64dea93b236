import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { writeOwned } from './owner.ts';

const UNIT_FOLDERS = ['etc/systemd/system', 'usr/local/lib/systemd/system'] as const;
const WANTS = 'etc/systemd/system/multi-user.target.wants';

/** A unit file as far as the simulator reads it. */
export interface Unit {
  readonly name: string;
  readonly workload: string | undefined;
  readonly port: number | undefined;
  readonly environmentFiles: readonly { readonly path: string; readonly optional: boolean }[];
  readonly fails: boolean;
}

/** Reads a unit of a machine; undefined when it has no such unit. */
export function readUnit(root: string, name: string): Unit | undefined {
  for (const folder of UNIT_FOLDERS) {
    const file = join(root, folder, `${name}.service`);
    if (!existsSync(file)) continue;
    const lines = readFileSync(file, 'utf8').split('\n');
    const values = (key: string): string[] =>
      lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1).trim());
    return {
      name,
      workload: values('X-Sim-Workload')[0],
      port: values('X-Sim-Port')[0] === undefined ? undefined : Number(values('X-Sim-Port')[0]),
      environmentFiles: values('EnvironmentFile').map((path) => ({ path: path.replace(/^-/, ''), optional: path.startsWith('-') })),
      fails: values('X-Sim-Fail')[0] === '1',
    };
  }
  return undefined;
}

/** Lets a boot start a unit. The link is made here, since packages carry no links. */
export function enableUnit(root: string, name: string): void {
  mkdirSync(join(root, WANTS), { recursive: true });
  symlinkSync(`/etc/systemd/system/${name}.service`, join(root, WANTS, `${name}.service`));
}

/** Names of the units that a boot starts, in order of their names. */
export function enabledUnits(root: string): readonly string[] {
  const folder = join(root, WANTS);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.service') && lstatSync(join(folder, name)).isSymbolicLink())
    .map((name) => name.replace(/\.service$/, ''))
    .toSorted();
}

/** Starts a unit as a boot does: marks it active, or failed when it cannot start. */
export function startUnit(root: string, unit: Unit, generation: string): void {
  const missing = unit.environmentFiles.some((file) => !file.optional && !existsSync(join(root, file.path)));
  const mark = missing || unit.fails ? 'failed' : 'active';
  writeOwned(root, `run/sim/units/${unit.name}.${mark}`, `${generation}\n`);
}

/** The generation a unit was last started with; undefined while it is not active. */
export function activeGeneration(root: string, name: string): string | undefined {
  try {
    return readFileSync(join(root, 'run/sim/units', `${name}.active`), 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** The variables a unit starts with, from its environment files. */
export function unitEnvironment(root: string, unit: Unit): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const file of unit.environmentFiles) {
    const place = join(root, file.path);
    if (!existsSync(place)) continue;
    for (const line of readFileSync(place, 'utf8').split('\n')) {
      const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line.trim());
      if (match?.[1] !== undefined) found[match[1]] = (match[2] ?? '').replace(/^(["'])(.*)\1$/, '$2');
    }
  }
  return found;
}
