import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Verdict } from '../../engine/dsc/verdict.ts';
import { BROKEN, type DriftWorld, makeDriftWorld } from '../support/drift-world.ts';

/** Two things of each type, so that each kind of observation shares its process. `wrong` makes the second of each differ. */
function documentOf(folder: string, wrong: boolean): string {
  const [mode, line, other, status] = wrong ? ['0777', 'limit = 8', '1', 'stopped'] : ['0640', 'limit = 7', '', 'running'];
  const settings = join(folder, 'settings');
  const more = join(folder, 'more');
  return `$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json
resources:
  - { type: Runward.Linux/File, name: f1, properties: { path: ${settings}, mode: "0640" } }
  - { type: Runward.Linux/File, name: f2, properties: { path: ${more}, mode: "${mode}" } }
  - { type: Runward.Linux/FileLine, name: l1, properties: { path: ${settings}, line: limit = 7 } }
  - { type: Runward.Linux/FileLine, name: l2, properties: { path: ${more}, line: ${line} } }
  - { type: Runward.Linux/Package, name: p1, properties: { name: shop } }
  - { type: Runward.Linux/Package, name: p2, properties: { name: till${other} } }
  - { type: Runward.Linux/Service, name: s1, properties: { name: shop, status: running } }
  - { type: Runward.Linux/Service, name: s2, properties: { name: till, status: ${status} } }
  - { type: Runward.Linux/User, name: u1, properties: { name: shop, home: /srv/shop } }
  - { type: Runward.Linux/User, name: u2, properties: { name: till, home: /srv/till${other} } }
  - { type: Runward.Linux/Sysctl, name: k1, properties: { key: shop.limit, value: "7" } }
  - { type: Runward.Linux/Sysctl, name: k2, properties: { key: till.limit, value: "7${other}" } }
`;
}

/** Stand-ins that answer for one name and for many, as the tools do. */
const ANSWERS: Readonly<Record<string, string>> = {
  'dpkg-query': `code=0; for n; do case $n in shop|till) case "$*" in *'{Package}'*) printf '%s ' "$n";; esac; echo "ii |1.0-1|amd64";; till1) echo "dpkg-query: no packages found matching $n" >&2; code=1;; esac; done; exit $code`,
  systemctl: `more=; for n; do case $n in *.service) [ -z "$more" ] || echo; more=1
case "$*" in *Names*) echo "Names=$n";; esac
printf "LoadState=loaded\\nActiveState=active\\nSubState=running\\nUnitFileState=enabled\\n";; esac; done`,
  getent: 'shift; for n; do echo "$n:x:990:990::/srv/$n:/bin/sh"; done',
  sysctl: 'for n; do case $n in -*) ;; *) case "$*" in *-n*) echo 7;; *) echo "$n = 7";; esac;; esac; done',
};

describe('observations that share a process', () => {
  let world: DriftWorld;
  beforeAll(async () => {
    world = await makeDriftWorld('local');
    writeFileSync(join(world.folder, 'more'), 'limit = 7\n', { mode: 0o640 });
  });
  afterAll(async () => await world.close());

  const answers = (tool: string): string => ANSWERS[tool] ?? '';
  const check = async (name: string, change: (tool: string) => string | undefined, wrong = false) =>
    await world.check(documentOf(world.folder, wrong), { bin: await world.tools(name, change) });
  const statuses = (verdict: Verdict | undefined): readonly string[] => (verdict?.resources ?? []).map(({ status }) => status);
  const twelve = (status: string): readonly string[] => Array.from({ length: 12 }, () => status);

  it('are told apart: one script, and a difference stays with its own resource', async () => {
    const right = await check('right', answers);
    expect(statuses(right.verdict)).toEqual(twelve('compliant'));
    expect(right.started.size).toBe(1);
    const wrong = await check('wrong', answers, true);
    expect(statuses(wrong.verdict)).toEqual(Array.from({ length: 6 }, () => ['compliant', 'drifted']).flat());
    expect(wrong.started.size).toBe(1);
  });

  it('are unknown without their tools, which needs no second question', async () => {
    const { verdict, started } = await check('none', () => undefined);
    expect(statuses(verdict)).toEqual(twelve('unknown'));
    expect(started.size).toBe(1);
  });

  // Tools that hang are below.
  const quick = Object.entries(BROKEN).filter(([name]) => name !== 'a probe that hangs');
  it.each(quick)('are unknown with %s', async (name, text) => {
    const { verdict } = await check(`broken-${name.replaceAll(' ', '-')}`, () => text);
    const garbage = name === 'garbage output' ? ['drifted', 'drifted'] : ['unknown', 'unknown'];
    expect(statuses(verdict)).toEqual([...twelve('unknown').slice(2), ...garbage]);
  });

  const TYPES = ['stat', 'grep', 'dpkg-query', 'systemctl', 'getent', 'sysctl'];
  it.each(['stat', 'systemctl', 'sysctl'])('do not suffer when %s hangs for another kind', async (broken) => {
    const { verdict } = await check(`hangs-${broken}`, (tool) => (tool === broken ? 'sleep 30' : answers(tool)));
    const mine = TYPES.indexOf(broken);
    expect(statuses(verdict)).toEqual(TYPES.flatMap((_, index) => twelve(index === mine ? 'unknown' : 'compliant').slice(0, 2)));
  });

  it.each(TYPES)('do not suffer when %s fails for another of the same kind', async (broken) => {
    const real = answers(broken);
    const whole = real === '' ? `PATH=/usr/bin:/bin:/usr/sbin:/sbin exec ${broken} "$@"` : real;
    const fails = `case "$*" in *more*|*till*) echo "$0: no" >&2; exit 4;; esac\n${whole}`;
    const { verdict } = await check(`fails-${broken}`, (tool) => (tool === broken ? fails : answers(tool)));
    const mine = TYPES.indexOf(broken);
    const expected = TYPES.flatMap((_, index) => ['compliant', index === mine ? 'unknown' : 'compliant']);
    // Of a package that dpkg-query does not know and the status file does not name, it is proved that it is not there.
    expect(statuses(verdict)).toEqual(expected.map((status, index) => (broken === 'dpkg-query' && index === 5 ? 'drifted' : status)));
  });

  it('cost the same processes for 400 resources as for 40', async () => {
    const log = join(world.folder, 'processes');
    const bin = await world.tools('counted', (tool) => {
      const run = ANSWERS[tool] ?? `PATH=/usr/bin:/bin:/usr/sbin:/sbin exec ${tool} "$@"`;
      return `echo ${tool} >>${log}\n${run}`;
    });
    const count = async (resources: number): Promise<readonly string[]> => {
      writeFileSync(log, '');
      const one = (index: number): string =>
        index % 2 === 0
          ? `  - { type: Runward.Linux/File, name: f${index}, properties: { path: ${world.folder}/n${index}, _exist: false } }`
          : `  - { type: Runward.Linux/FileLine, name: l${index}, properties: { path: /etc/passwd, absent: "^nobody-${index}:" } }`;
      const text = ['resources:', ...Array.from({ length: resources }, (_, index) => one(index))].join('\n');
      const { verdict } = await world.check(`$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json\n${text}\n`, { bin });
      expect(verdict?.counts).toMatchObject({ compliant: resources });
      return readFileSync(log, 'utf8').trim().split('\n').toSorted();
    };
    expect(await count(40)).toEqual(['grep', 'stat']);
    expect(await count(400)).toEqual(['grep', 'stat']);
  });

  it('are asked again when what came back was broken, and then believed', async () => {
    const bin = await world.tools('flipped', answers);
    let turns = 0;
    const output = (text: string): string => {
      turns += 1;
      const at = text.indexOf('RW1 P') + 70;
      return turns > 1 ? text : text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
    };
    const { verdict, started } = await world.check(documentOf(world.folder, false), { bin, output });
    expect(statuses(verdict)).toEqual(twelve('compliant'));
    expect(started.size).toBe(2);
  });
});
