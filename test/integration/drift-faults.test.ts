import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadOutcome } from '../../engine/actions/action.ts';
import type { Verdict } from '../../engine/dsc/verdict.ts';
import { BROKEN, type DriftFault, type DriftWorld, makeDriftWorld } from '../support/drift-world.ts';
import { lacks } from '../support/lacks.ts';
import { join } from 'node:path';

const SIX = ['File', 'FileLine', 'Package', 'Service', 'Sysctl', 'User'];

/** One observation for each of the six types, so that each fault meets each of them. */
function documentOf(file: string, wanted: { readonly mode: string; readonly line: string; readonly other: string }): string {
  return `$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json
resources:
  - { type: Runward.Linux/File, name: f, properties: { path: ${file}, mode: "${wanted.mode}" } }
  - { type: Runward.Linux/FileLine, name: l, properties: { path: ${file}, line: ${wanted.line} } }
  - { type: Runward.Linux/Package, name: p, properties: { name: shop${wanted.other} } }
  - { type: Runward.Linux/Service, name: s, properties: { name: shop, status: ${wanted.other === '' ? 'running' : 'stopped'} } }
  - { type: Runward.Linux/User, name: u, properties: { name: shop, home: /srv/shop${wanted.other} } }
  - { type: Runward.Linux/Sysctl, name: k, properties: { key: shop.limit, value: "7${wanted.other}" } }
`;
}

/** Stand-ins for the tools that a machine of the tests cannot have: a package, a unit, an account and a kernel parameter. */
const ANSWERS: Readonly<Record<string, string>> = {
  'dpkg-query': 'case "$*" in *" shop") echo "ii |1.0-1|amd64";; *) exit 1;; esac',
  systemctl: 'printf "LoadState=loaded\\nActiveState=active\\nSubState=running\\nUnitFileState=enabled\\n"',
  getent: 'echo "shop:x:990:990::/srv/shop:/bin/sh"',
  sysctl: 'echo 7',
};

const transports = [
  ['local', false],
  ['ssh', lacks('sshd')],
] as const;

describe.each(transports)('a drift check over %s', (via, isLacking) => {
  describe.skipIf(isLacking)('under faults', () => {
    let world: DriftWorld;
    beforeAll(async () => {
      world = await makeDriftWorld(via);
    });
    afterAll(async () => await world.close());
    const tools: DriftWorld['tools'] = (name, change) => world.tools(name, change);

    const check = async (
      fault: DriftFault & { readonly drifted?: boolean },
    ): Promise<{ readonly outcome: ReadOutcome; readonly verdict: Verdict | undefined }> => {
      const wanted =
        fault.drifted === true ? { mode: '0777', line: 'limit = 8', other: '1' } : { mode: '0640', line: 'limit = 7', other: '' };
      return await world.check(documentOf(join(world.folder, 'settings'), wanted), fault);
    };

    const statuses = (verdict: Verdict | undefined): Readonly<Record<string, string>> =>
      Object.fromEntries((verdict?.resources ?? []).map(({ id, status }) => [/\/(\w+):/.exec(id)?.[1] ?? '', status]));
    const all = (status: string): Readonly<Record<string, string>> => Object.fromEntries(SIX.map((type) => [type, status]));
    const codes = (verdict: Verdict | undefined): readonly string[] =>
      (verdict?.resources ?? []).flatMap(({ outcomes }) =>
        outcomes.filter(({ kind }) => kind === 'unknown').map(({ code }) => code.split(':').at(-1) ?? ''),
      );

    it('is compliant without a fault, so that the faults below prove something', async () => {
      const { outcome, verdict } = await check({ bin: await tools('whole', (tool) => ANSWERS[tool] ?? '') });
      expect(statuses(verdict)).toEqual(all('compliant'));
      expect(outcome).toMatchObject({ kind: 'succeeded', result: { status: 'compliant' } });
    });

    it('names a difference for each type, with the pointer of the property', async () => {
      const { outcome, verdict } = await check({ bin: await tools('other', (tool) => ANSWERS[tool] ?? ''), drifted: true });
      expect(statuses(verdict)).toEqual(all('drifted'));
      expect(outcome.kind).toBe('failed');
      const paths = verdict?.resources.flatMap(({ outcomes }) =>
        outcomes.filter(({ kind }) => kind === 'changed' || kind === 'missing').map(({ path }) => path),
      );
      expect(paths).toEqual(['/mode', '/line', '/_exist', '/status', '/home', '/value']);
    });

    it('says noTool when the tools are missing', async () => {
      const { verdict } = await check({ bin: await tools('none', () => undefined) });
      expect(statuses(verdict)).toEqual(all('unknown'));
      expect(new Set(codes(verdict))).toEqual(new Set(['noTool']));
    });

    it.each(Object.entries(BROKEN))('is unknown for every type with %s', async (name, text) => {
      const { outcome, verdict } = await check({ bin: await tools(name.replaceAll(' ', '-'), () => text) });
      // Any text can be the value of a kernel parameter, so another one is a difference; it is not the wanted one.
      expect(statuses(verdict)).toEqual({ ...all('unknown'), ...(name === 'garbage output' ? { Sysctl: 'drifted' } : {}) });
      expect(outcome.kind).toBe('failed');
    });

    it.each<[string, (text: string) => string]>([
      ['a cut head', (text) => text.slice(text.indexOf('RW1 P') + 9)],
      ['a cut tail', (text) => text.slice(0, text.lastIndexOf('RW1 P') + 60)],
      ['only the trailer cut', (text) => text.slice(0, text.lastIndexOf('RW1 E'))],
      ['nothing at all', () => ''],
      ['the first frame missing', (text) => text.replace(/RW1 P [^\n]*\n/, '')],
      ['a foreign nonce', (text) => text.replaceAll(/^(RW1 \w) [0-9a-f]{32}/gm, `$1 ${'0'.repeat(32)}`)],
      ['garbage glued to every line', (text) => text.replaceAll(/^RW1 /gm, 'motd RW1 ')],
    ])('calls nothing compliant with %s', async (name, output) => {
      const bin = await tools(name.replaceAll(' ', '-'), (tool) => ANSWERS[tool] ?? '');
      const { outcome, verdict } = await check({ bin, output });
      expect(Object.values(statuses(verdict))).not.toContain('compliant');
      expect(verdict?.status).toBe('unknown');
      expect(outcome.kind).toBe('failed');
    });

    it.each(Array.from({ length: 6 }, (_, index) => index))(
      'calls type %i unknown when one byte of its frame is flipped',
      async (frame) => {
        const bin = await tools(`flip-${frame}`, (tool) => ANSWERS[tool] ?? '');
        const { verdict } = await check({ bin, output: (text) => flipped(text, frame) });
        const order = verdict?.resources.map(({ status }) => status) ?? [];
        expect(order[frame]).toBe('unknown');
        expect(codes(verdict)).toEqual(['corrupt']);
        expect(verdict?.status).toBe('unknown');
      },
    );

    it('stays drifted with garbage before and after the frames, and takes no forged frame', async () => {
      const bin = await tools('garbage', (tool) => ANSWERS[tool] ?? '');
      const output = (text: string): string => {
        const forged = text.replaceAll(/^(RW1 \w) [0-9a-f]{32}/gm, `$1 ${'f'.repeat(32)}`);
        return `Welcome\n\u0000\u0007RW1\nRW1 P\nRW1 E x\n${forged}${text}${forged}RW1 E 9 9\nlogout`;
      };
      const { verdict } = await check({ bin, drifted: true, output });
      expect(statuses(verdict)).toEqual(all('drifted'));
    });

    it('takes neither of two frames that contradict each other', async () => {
      const bin = await tools('twice', (tool) => ANSWERS[tool] ?? '');
      const output = (text: string): string =>
        text.replace(/^RW1 P (\w+) 2 (\d+) (\d+) (\S+)$/m, (line, nonce) => `${line}\nRW1 P ${nonce} 2 4 1 AAAA`);
      const { verdict } = await check({ bin, output });
      expect(statuses(verdict)['FileLine']).toBe('unknown');
      expect(verdict?.status).toBe('unknown');
    });
  });
});

/** One character of the data of one frame becomes another of the alphabet. */
function flipped(text: string, frame: number): string {
  const lines = text.split('\n');
  const at = lines.flatMap((line, index) => (line.startsWith('RW1 P') ? [index] : []))[frame] ?? 0;
  const line = lines[at] ?? '';
  const place = line.lastIndexOf(' ') + 2;
  lines[at] = line.slice(0, place) + (line[place] === 'A' ? 'B' : 'A') + line.slice(place + 1);
  return lines.join('\n');
}
