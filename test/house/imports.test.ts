import { describe, expect, it } from 'vitest';
import { AREAS, type Area } from './rules.ts';
import { type Import, importsOf, isModule, readFiles, type SourceFile, targetOf } from './source-tree.ts';

const OFFLINE_BANNED = /^(@azure\/.*|bullmq|ioredis|fastify.*|@fastify\/.*)$/;

describe('direction of imports', () => {
  const modules = readFiles(isModule);

  it('holds in every module of the tree', () => {
    expect(modules.flatMap(breaches)).toEqual([]);
  });

  it.each([
    ['engine/run/x.ts', "import { a } from '../../adapters/redis/store.ts';", 'engine/run/x.ts may not import adapters/redis/store.ts'],
    ['engine/actions/x.ts', "import { a } from '../run/retry.ts';", 'engine/actions/x.ts may not import engine/run/retry.ts'],
    ['engine/run/x.ts', "import { readFile } from 'node:fs';", 'engine/run/x.ts may not import node:fs'],
    ['engine/plan/x.ts', "export * from 'ioredis';", 'engine/plan/x.ts may not import ioredis'],
    ['simulator/x.ts', "import type { A } from '../engine/ids.ts';", 'simulator/x.ts may not import engine/ids.ts'],
    ['server/routes/x.ts', "const a = await import('../../worker/drain.ts');", 'server/routes/x.ts may not import worker/drain.ts'],
    ['cli/commands/x.ts', 'const a = await import(name);', 'cli/commands/x.ts may not import <computed>'],
    [
      'adapters/azure/x.ts',
      "import { a } from '../../engine/run/retry.ts';",
      'adapters/azure/x.ts may import only types of engine/run/retry.ts',
    ],
    ['attic/x.ts', '', 'attic/x.ts has no area in rules.ts'],
  ])('refuses a planted breach in %s: %s', (path, text, finding) => {
    expect(breaches({ path, text })).toEqual([finding]);
  });

  it('lets an adapter import types of the engine and its own vendor', () => {
    expect(
      breaches({
        path: 'adapters/redis/x.ts',
        text: "import type { A } from '../../engine/run/record.ts'; import { Redis } from 'ioredis';",
      }),
    ).toEqual([]);
  });
});

describe('start-up of offline commands', () => {
  const byPath = new Map(readFiles(isModule).map((file) => [file.path, file]));

  it.each(['cli/main.ts', 'cli/commands/validate.ts'])('%s reaches no Azure SDK, BullMQ, ioredis or Fastify by static imports', (entry) => {
    expect(byPath.has(entry)).toBe(true);
    expect([...reachablePackages(entry, byPath)].filter((name) => OFFLINE_BANNED.test(name))).toEqual([]);
  });
});

function breaches(file: SourceFile): readonly string[] {
  const area = areaOf(file.path);
  if (area === undefined) return [`${file.path} has no area in rules.ts`];
  return importsOf(file).flatMap((one) => breach(file, area, one));
}

function breach(file: SourceFile, area: Area, one: Import): readonly string[] {
  const target = targetOf(file.path, one.from);
  if (target.kind === 'package') {
    return area.packages.some((allowed) => matches(target.name, allowed)) ? [] : [`${file.path} may not import ${target.name}`];
  }
  if (areaOf(target.name) === area || area.imports.some((allowed) => isBelow(target.name, allowed))) return [];
  const typesAllowed = area.types?.some((allowed) => isBelow(target.name, allowed)) ?? false;
  if (typesAllowed) return one.typeOnly ? [] : [`${file.path} may import only types of ${target.name}`];
  return [`${file.path} may not import ${target.name}`];
}

function areaOf(path: string): Area | undefined {
  return AREAS.filter((area) => isBelow(path, area.path))
    .toSorted((a, b) => a.path.length - b.path.length)
    .at(-1);
}

function isBelow(path: string, allowed: string): boolean {
  if (allowed === '*-state.ts') return path.startsWith('engine/') && path.endsWith('-state.ts');
  return path === allowed || path.startsWith(`${allowed}/`);
}

function matches(name: string, allowed: string): boolean {
  return allowed.endsWith('*') ? name !== '<computed>' && name.startsWith(allowed.slice(0, -1)) : name === allowed;
}

function reachablePackages(entry: string, byPath: ReadonlyMap<string, SourceFile>): ReadonlySet<string> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const file = byPath.get(path);
    if (file === undefined || seen.has(path)) continue;
    seen.add(path);
    for (const one of importsOf(file)) {
      if (one.typeOnly || one.lazy) continue;
      const target = targetOf(path, one.from);
      if (target.kind === 'file') waiting.push(target.name);
      else packages.add(target.name);
    }
  }
  return packages;
}
