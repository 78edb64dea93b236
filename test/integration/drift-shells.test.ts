import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProbeKind, type ProbeRequest, requestKey } from '../../engine/dsc/fact.ts';
import { type ProbeAnswer, readProbeAnswer } from '../../engine/dsc/probe-frames.ts';
import { type ProbeLimits, probeScript } from '../../engine/dsc/probe-script.ts';
import { resourceTypes } from '../../engine/dsc/resources/catalogue.ts';

const NONCE = '0123456789abcdef0123456789abcdef';
const LIMITS: ProbeLimits = { answerMaxBytes: 16_384, probeSeconds: 10 };
const SHELLS = [
  ['dash', ['dash']],
  ['bash', ['bash']],
  ['bash as POSIX shell', ['bash', '--posix']],
  ['busybox ash', ['busybox', 'ash']],
] as const;

/** Says its arguments, one line each: what reaches a probe and how it was read back. */
const ECHO: ProbeKind = { name: 'test.echo', body: `printf '%s\\n' "$@"`, decode: (output) => output };

const exists = (program: string): boolean => ['/bin', '/usr/bin'].some((folder) => existsSync(join(folder, program)));

async function ask(shell: readonly string[], requests: readonly ProbeRequest[], cwd: string): Promise<ProbeAnswer> {
  const numbered = new Map(requests.map((request, index) => [index + 1, request]));
  const [program = 'sh', ...options] = shell;
  const script = probeScript(numbered, NONCE, LIMITS);
  const stdout = execFileSync(program, options, { input: script, cwd, encoding: 'utf8', maxBuffer: 16_777_216 });
  return await readProbeAnswer(stdout, { requests: numbered, nonce: NONCE, limits: LIMITS });
}

describe('the probe script', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'runward-shells-'));
    await writeFile(join(folder, 'settings'), "a = 1\nb = 'two' $(three) `four` \\ * ?\n", { mode: 0o600 });
  });
  afterAll(async () => await rm(folder, { recursive: true, force: true }));

  const requests = (): readonly ProbeRequest[] => {
    const of = (type: string, properties: object): readonly ProbeRequest[] => {
      const known = resourceTypes.get(`Runward.Linux/${type}`);
      return known?.requests(known.schema.parse(properties)) ?? [];
    };
    const path = join(folder, 'settings');
    const all = [
      ...of('File', { path, sha256: '0'.repeat(64), owner: 'root' }),
      ...of('File', { path: join(folder, 'nothing') }),
      ...of('FileLine', { path, line: "b = 'two' $(three) `four` \\ * ?", absent: '^c' }),
      ...of('FileLine', { path: join(folder, 'nothing'), match: '[' }),
      ...of('User', { name: 'root', groups: [], locked: true }),
      ...of('User', { name: 'no-such-user' }),
    ];
    return [...new Map(all.map((request) => [requestKey(request), request])).values()];
  };

  it.each(SHELLS.filter(([, [program]]) => exists(program)))('learns the same in %s, sealed', async (_name, shell) => {
    const reference = await ask(['sh'], requests(), folder);
    expect(reference.sealed).toBe(true);
    expect(await ask(shell, requests(), folder)).toEqual({ ...reference, epochSeconds: expect.any(Number) as number });
    expect([...reference.facts.values()].map(({ state }) => state).slice(0, 5)).toEqual(['value', 'value', 'value', 'absent', 'value']);
  });

  it('hands over every argument byte by byte and runs nothing of it', async () => {
    const hostile = [
      "'",
      '"',
      '$(touch pwned)',
      '`touch pwned`',
      '; touch pwned',
      '-rf',
      '*',
      '\\',
      "'\\''",
      '$HOME',
      '~',
      '#',
      '!!',
      'ü€😀',
      ' ',
    ];
    const random = fc.sample(
      fc.string({ unit: fc.constantFrom(...'\'"`$(){}[];&|<>*?~#!\\ -ax\t'.split('')), minLength: 1, maxLength: 20 }),
      {
        numRuns: 200,
        seed: 42,
      },
    );
    const texts = [...hostile, ...random];
    const answer = await ask(
      ['sh'],
      texts.map((text) => ({ kind: ECHO, args: [text, text] })),
      folder,
    );
    expect(answer.sealed).toBe(true);
    texts.forEach((text, index) => expect(answer.facts.get(index + 1)).toEqual({ state: 'value', value: `${text}\n${text}\n` }));
    expect(existsSync(join(folder, 'pwned'))).toBe(false);
  });

  it('runs nothing when it is cut, wherever that is', () => {
    const script = probeScript(new Map([[1, { kind: ECHO, args: ['x'] }]]), NONCE, LIMITS);
    for (const at of [0.2, 0.5, 0.8, 0.99]) {
      const cut = script.slice(0, Math.floor(script.length * at));
      const run = ((): string => {
        try {
          return execFileSync('sh', [], { input: cut, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
        } catch (error) {
          return String((error as { readonly stdout: unknown }).stdout);
        }
      })();
      expect(run).toBe('');
    }
  });
});
