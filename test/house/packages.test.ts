import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PACKAGES_MAX, RUNTIME_DEPENDENCIES_MAX } from './rules.ts';
import { importsOf, isModule, readFiles, ROOT, targetOf } from './source-tree.ts';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly hasInstallScript?: boolean;
}

const LICENCES = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0', 'Unlicense', 'MIT-0']);
// Their manifests have the old `licenses` list, which the lock file does not copy; it says MIT in each.
const OLD_LICENCE_FIELD = new Set(['node_modules/ssh2', 'node_modules/cpu-features', 'node_modules/buildcheck']);
// Native speed-ups with a JavaScript path beside them: without their script the products work, so none is run.
const SCRIPTS_NOT_RUN = ['cpu-features', 'msgpackr-extract', 'ssh2'];

describe('packages', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  const shipped = Object.entries(lock.packages).filter(([path, one]) => path !== '' && one.dev !== true && one.devOptional !== true);

  it('every version is exact, here and in the lock file', () => {
    const all = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
    expect(all.filter(([name, version]) => lock.packages[`node_modules/${name}`]?.version !== version)).toEqual([]);
  });

  it('what ships imports only what is installed with it', () => {
    const shippedCode = /^(engine|adapters|worker|server|cli|simulator)\//;
    const named = readFiles((path) => isModule(path) && shippedCode.test(path)).flatMap((file) =>
      importsOf(file)
        .filter((one) => !one.typeOnly)
        .map((one) => ({ path: file.path, ...targetOf(file.path, one.from) })),
    );
    const missing = named.filter((one) => one.kind === 'package' && !one.name.startsWith('node:') && !(one.name in manifest.dependencies));
    expect(missing.map((one) => `${one.path} imports ${one.name}`)).toEqual([]);
  });

  it('the runtime stays within its budget of packages', () => {
    expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(RUNTIME_DEPENDENCIES_MAX);
    expect(shipped.length).toBeLessThanOrEqual(PACKAGES_MAX);
  });

  it('every runtime dependency has its line of reason, and no line is left over', () => {
    const page = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8');
    const listed = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => String(match[1]));
    expect(new Set(listed)).toEqual(new Set(Object.keys(manifest.dependencies)));
    expect(listed).toHaveLength(new Set(listed).size);
  });

  it('every shipped package has a licence that may be shipped', () => {
    const others = shipped.filter(([path, one]) => !LICENCES.has(one.license ?? 'none') && !OLD_LICENCE_FIELD.has(path));
    expect(others.map(([path, one]) => `${path}: ${one.license}`)).toEqual([]);
  });

  it('no package gets an install script that is not known', () => {
    const known = new Set([...SCRIPTS_NOT_RUN, ...Object.keys(manifest.allowScripts)]);
    const withScript = Object.entries(lock.packages).filter(([, one]) => one.hasInstallScript === true && one.optional !== true);
    expect(withScript.map(([path]) => path.split('node_modules/').at(-1) ?? path).filter((name) => !known.has(name))).toEqual([]);
  });
});
