import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocalShell, type LocalShell } from '../../adapters/shell/local.ts';
import type { ReadOutcome } from '../../engine/actions/action.ts';
import { dscTest } from '../../engine/actions/dsc-test.ts';
import type { Verdict } from '../../engine/dsc/verdict.ts';
import type { ScriptState, Shell } from '../../engine/ports.ts';
import { actionContext, actionPorts, machine } from '../support/action-world.ts';

const DOCUMENT = 'configurations/many.dsc.yaml';
const KEPT_BYTES = 4096;

/** As many files as are wanted. Every third has a content of its own in 50, each has in more: digests cannot be compressed. */
function documentOf(folder: string, count: number): string {
  const wanted = (index: number): string => (count > 50 || index % 3 === 0 ? `content: "${index}"` : 'mode: "0644"');
  const one = (index: number): string =>
    `  - { type: Runward.Linux/File, name: f${index}, properties: { path: ${folder}/f${index}, ${wanted(index)} } }`;
  return [
    '$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json',
    'resources:',
    ...Array.from({ length: count }, (_, index) => one(index)),
    '',
  ].join('\n');
}

// A managed run command brings back the last 4,096 bytes of what a script prints.
describe('a drift check over a transport that keeps the end of an output', () => {
  let local: LocalShell;
  let folder: string;
  beforeAll(async () => {
    local = createLocalShell(50);
    folder = await mkdtemp(join(tmpdir(), 'runward-packed-'));
    for (let index = 0; index < 150; index += 1) await writeFile(join(folder, `f${index}`), String(index), { mode: 0o644 });
  });
  afterAll(async () => {
    await local.close();
    await rm(folder, { recursive: true, force: true });
  });

  const check = async (count: number, via: 'local' | 'run-command', change: (text: string) => string = (text) => text) => {
    const started: string[] = [];
    const shell: Shell = {
      ...local,
      start: (target, attempt, signal) => {
        started.push(attempt.name);
        return local.start(target, attempt, signal);
      },
      look: async (target, name, signal): Promise<ScriptState> => {
        const state = await local.look(target, name, signal);
        if (state.kind !== 'ended' || via === 'local') return state;
        expect(Buffer.byteLength(state.stdout)).toBeLessThan(KEPT_BYTES);
        return { ...state, stdout: change(state.stdout) };
      },
    };
    const context = actionContext({
      input: dscTest.input.parse({ document: DOCUMENT }),
      target: machine({ via }),
      configurations: { [DOCUMENT]: documentOf(folder, count) },
    });
    for (;;) {
      const outcome: ReadOutcome = await dscTest.read(actionPorts({ shell }), context as never);
      if (outcome.kind === 'unanswered') continue;
      return { verdict: outcome.check?.['verdict'] as unknown as Verdict | undefined, started };
    }
  };

  it('needs one script for 50 resources', async () => {
    const { verdict, started } = await check(50, 'run-command');
    expect(verdict?.counts).toMatchObject({ compliant: 50 });
    expect(new Set(started).size).toBe(1);
  });

  it('asks in parts where one answer does not fit, and learns the same as over a transport without a limit', async () => {
    const packed = await check(150, 'run-command');
    const plain = await check(150, 'local');
    expect(new Set(packed.started).size).toBeGreaterThan(1);
    expect(packed.verdict?.counts).toMatchObject({ compliant: 150 });
    expect(packed.verdict?.resources).toEqual(plain.verdict?.resources);
  });

  it.each<[string, (text: string) => string]>([
    ['cut at the head', (text) => text.slice(9)],
    ['cut at the tail', (text) => text.slice(0, -9)],
    ['with a flipped byte', (text) => text.slice(0, 90) + (text[90] === 'A' ? 'B' : 'A') + text.slice(91)],
  ])('calls nothing compliant when its line is %s', async (_name, change) => {
    const { verdict } = await check(50, 'run-command', change);
    expect(verdict?.counts).toMatchObject({ compliant: 0, unknown: 50 });
  });
});
