import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configKeys } from '../../engine/config.ts';
import { ROOT } from './source-tree.ts';

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string; readonly target: string };
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly ports?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly privileged?: boolean;
  readonly user?: string;
  readonly volumes?: readonly string[];
  readonly stop_grace_period?: string;
  readonly secrets?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, unknown>>;
}

interface Instruction {
  readonly name: string;
  readonly text: string;
}

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

describe('docker/Dockerfile', () => {
  const stages = stagesOf(instructionsOf(read('docker/Dockerfile')));
  const roles = ['server', 'worker'];

  it('names every base image with a version that is not "latest"', () => {
    const bases = stages.map((stage) => stage.base).filter((base) => !stages.some((stage) => stage.name === base));
    expect(bases.filter((base) => !/:[\w.-]+$/.test(base) || base.endsWith(':latest'))).toEqual([]);
  });

  it('builds with the Node that the project pins', () => {
    const pinned = (JSON.parse(read('package.json')) as { readonly devDependencies: { readonly node: string } }).devDependencies.node;
    expect(stages.map((stage) => stage.base).filter((base) => base.startsWith('node:'))).toEqual(
      expect.arrayContaining([expect.stringMatching(new RegExp(`^node:${pinned.replaceAll('.', '\\.')}-`))]),
    );
  });

  it.each(roles)('the %s runs as nobody in particular, says how it is, and starts without a shell', (role) => {
    const own = stages.find((stage) => stage.name === role)?.instructions ?? [];
    expect(own.filter((one) => one.name === 'USER').at(-1)?.text).toBe('65532:65532');
    expect(own.filter((one) => one.name === 'HEALTHCHECK')).toHaveLength(1);
    for (const one of own.filter((each) => ['ENTRYPOINT', 'CMD'].includes(each.name))) expect(one.text).toMatch(/^\[.*\]$/);
    expect(own.some((one) => one.name === 'ENTRYPOINT')).toBe(true);
    expect(own.filter((one) => one.name === 'RUN' && /npm|apt/.test(one.text))).toEqual([]);
  });

  it('fetches nothing from addresses and holds no secret', () => {
    const all = stages.flatMap((stage) => stage.instructions);
    expect(all.filter((one) => one.name === 'ADD')).toEqual([]);
    expect(all.filter((one) => one.name === 'RUN' && /curl|wget/.test(one.text))).toEqual([]);
    expect(all.filter((one) => ['ENV', 'ARG'].includes(one.name) && /SECRET|PASSWORD|TOKEN|_KEY/i.test(one.text))).toEqual([]);
  });
});

describe.each(['docker/compose.yaml', 'docker/compose.minimal.yaml'])('%s', (path) => {
  const compose = parse(read(path), { merge: true }) as Compose;
  const services = Object.entries(compose.services);
  const known = new Set([...configKeys().map((key) => key.env), 'RUNWARD_CONFIG_FILE']);

  it('takes every privilege away', () => {
    for (const [name, service] of services) {
      expect({ name, ...service }).toMatchObject({ name, read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
      expect(service.privileged).toBeUndefined();
      expect((service.volumes ?? []).filter((volume) => volume.includes('docker.sock'))).toEqual([]);
    }
  });

  it('opens ports on loopback only', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('names settings that exist, and secrets as files', () => {
    const names = services.flatMap(([, service]) => Object.keys(service.environment ?? {}));
    expect(names.filter((name) => name.startsWith('RUNWARD_') && !known.has(name))).toEqual([]);
    const values = services.flatMap(([, service]) => Object.entries(service.environment ?? {}));
    expect(values.filter(([name]) => /SECRET|PASSWORD|TOKEN/.test(name) && !name.endsWith('_FILE') && !name.endsWith('_DIR'))).toEqual([]);
    const asked = services.flatMap(([, service]) => service.secrets ?? []);
    expect(asked.filter((name) => !(name in (compose.secrets ?? {})))).toEqual([]);
  });

  it('builds targets that the Dockerfile has, uses volumes that are declared, and gives a worker time to end', () => {
    const targets = new Set(stagesOf(instructionsOf(read('docker/Dockerfile'))).map((stage) => stage.name));
    for (const [, service] of services) {
      if (service.build === undefined) expect(service.image).toMatch(/:[\w.-]+$/);
      else {
        expect(targets.has(service.build.target)).toBe(true);
        expect(existsSync(join(ROOT, 'docker', service.build.context, service.build.dockerfile))).toBe(true);
        expect(service.stop_grace_period).toBe('60s');
      }
      const named = (service.volumes ?? []).map((volume) => volume.split(':')[0] ?? '').filter((source) => !/^[./]/.test(source));
      expect(named.filter((source) => !(source in (compose.volumes ?? {})))).toEqual([]);
    }
  });
});

describe('docker/redis.conf', () => {
  it('writes every change to disk before it is answered, and never evicts', () => {
    const lines = read('docker/redis.conf').split('\n');
    expect(lines).toEqual(
      expect.arrayContaining(['appendonly yes', 'appendfsync always', 'maxmemory-policy noeviction', 'protected-mode yes']),
    );
  });
});

describe('.dockerignore', () => {
  it('keeps history, packages, local data and secrets out of the image', () => {
    const lines = read('.dockerignore').split('\n');
    expect(lines).toEqual(expect.arrayContaining(['.git', 'node_modules', '.runward', 'docker/secrets']));
  });
});

function instructionsOf(text: string): readonly Instruction[] {
  const logical = text.replaceAll(/^\s*#.*\n/gm, '').replaceAll(/\\\n\s*/g, ' ');
  return logical
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ({ name: (line.split(/\s/, 1)[0] ?? '').toUpperCase(), text: line.replace(/^\S+\s+/, '').trim() }));
}

function stagesOf(
  instructions: readonly Instruction[],
): readonly { readonly name: string; readonly base: string; readonly instructions: readonly Instruction[] }[] {
  const starts = instructions.flatMap((one, index) => (one.name === 'FROM' ? [index] : []));
  return starts.map((start, n) => {
    const [base = '', , name = ''] = (instructions[start]?.text ?? '').split(/\s+/);
    return { name, base, instructions: instructions.slice(start + 1, starts[n + 1]) };
  });
}
