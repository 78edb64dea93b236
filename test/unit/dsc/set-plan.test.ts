import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../engine/dsc/compare.ts';
import { neverSet, planSets, setPlanHash, staleSince } from '../../../engine/dsc/set-plan.ts';
import { readSetAnswer } from '../../../engine/dsc/set-script.ts';
import type { Differing } from '../../../engine/dsc/setting.ts';
import type { Verdict } from '../../../engine/dsc/verdict.ts';
import { configured } from '../../support/configured.ts';
import { setDocument } from '../../support/set-drive.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function configurationOf(...resources: readonly string[]) {
  return configured({ path: 'configurations/x.dsc.yaml', text: setDocument(...resources) });
}

function planned(resource: string, ...paths: readonly string[]) {
  const configuration = configurationOf(resource);
  const differing: Differing = new Map(paths.map((path) => [path, 'changed']));
  const [set] = planSets(configuration, new Map(configuration.instances.map(({ id }) => [id, differing])));
  return { does: set?.commands.map(({ summary }) => summary), cannot: set?.cannot.map(({ path }) => path) };
}

describe('what sets an instance', () => {
  const type = (name: string, properties: string): string => `type: Runward.Linux/${name}, name: n, properties: { ${properties} }`;

  it.each([
    ['Service', 'name: chrony, status: running, startType: enabled', ['/status'], ['systemctl start chrony.service'], []],
    [
      'Service',
      'name: chrony, status: running, startType: enabled',
      ['/status', '/startType'],
      ['systemctl unmask, enable, start chrony.service'],
      [],
    ],
    ['Service', 'name: a.timer, status: stopped, startType: masked', ['/status', '/startType'], ['systemctl stop, mask a.timer'], []],
    ['Service', 'name: chrony, startType: static', ['/startType'], [], ['/startType']],
    ['Service', 'name: chrony, status: running', ['/_exist'], [], ['/_exist']],
    ['Package', 'name: telnetd, _exist: false', ['/_exist'], ['apt-get remove telnetd'], []],
    ['Package', 'name: chrony, version: 4.3-2', ['/version'], ['apt-get install chrony=4.3-2'], []],
    ['Package', 'name: chrony, version: ">= 4, < 5", held: true', ['/version'], ['apt-get install chrony', 'apt-mark hold chrony'], []],
    ['Package', 'name: chrony, held: false', ['/held'], ['apt-mark unhold chrony'], []],
    ['User', 'name: shop, uid: 990, locked: true, passwordMaxDays: 90', ['/_exist'], ['useradd shop', 'chage -M 90 shop'], []],
    ['User', 'name: shop, uid: 990, shell: /bin/sh, groups: [a, b]', ['/shell', '/groups'], ['usermod -s /bin/sh -a -G a,b shop'], []],
    ['User', 'name: shop, groups: [a], _purge: true', ['/groups'], ['usermod -G a shop'], []],
    ['User', 'name: root, _exist: false', ['/_exist'], [], ['/_exist']],
    ['Sysctl', 'key: a.b, value: "1", persisted: true', ['/persisted'], ['keep a.b=1 in /etc/sysctl.d/90-runward.conf'], []],
    ['Sysctl', 'key: a.b, value: "1", persisted: false', ['/value', '/persisted'], ['sysctl -w a.b=1'], ['/persisted']],
    ['File', 'path: /a, type: link', ['/type'], [], ['/type']],
    ['File', 'path: /a, owner: root, mode: "0644"', ['/mode'], ['chown root and chmod 0644 /a'], []],
    ['FileLine', 'path: /a, match: "^x"', ['/match'], [], ['/match']],
  ] as const)('%s { %s } where %j differs', (name, properties, paths, does, cannot) => {
    expect(planned(type(name, properties), ...paths)).toEqual({ does, cannot });
  });

  it('says before anything is run what no set could ever do', () => {
    const [instance] = configurationOf(type('File', `path: /a, sha256: "${'0'.repeat(64)}", mode: "0644"`)).instances;
    expect(instance === undefined ? [] : neverSet(instance)).toEqual([{ path: '/sha256', why: 'the document does not hold its content' }]);
  });
});

describe('a plan of sets', () => {
  const one = (name: string, rest = ''): string =>
    `type: Runward.Linux/Sysctl, name: ${name}, properties: { key: ${name}, value: "1" }${rest}`;
  const needs = (name: string): string => `, dependsOn: ["Runward.Linux/Sysctl:${name}"]`;
  const differing: Differing = new Map([['/value', 'changed']]);

  it('knows what depends on what through instances that are as desired', () => {
    const configuration = configurationOf(one('c', needs('b')), one('b', needs('a')), one('a'));
    const ids = ['a', 'c'].map((name) => [`Runward.Linux/Sysctl:${name}`, differing] as const);
    const sets = planSets(configuration, new Map(ids));
    expect(sets.map(({ number, after }) => ({ number, after }))).toEqual([
      { number: 3, after: [] },
      { number: 1, after: [3] },
    ]);
  });

  it('has a name that changes with everything that would be run', () => {
    const hash = (value: string): string => {
      const configuration = configurationOf(`type: Runward.Linux/Sysctl, name: k, properties: { key: k, value: "${value}" }`);
      return setPlanHash(planSets(configuration, new Map([['Runward.Linux/Sysctl:k', differing]])), sha256);
    };
    expect(hash('1')).toBe(hash('1'));
    expect(hash('1')).not.toBe(hash('2'));
  });

  const verdict = (kind: Outcome['kind'], actual?: string): Verdict => {
    const outcome: Outcome = {
      path: '/value',
      kind,
      desired: '1',
      ...(actual === undefined ? {} : { actual }),
      code: 'c',
      phrase: 'value of k',
    };
    return { resources: [{ id: 'k', outcomes: [outcome] }] } as unknown as Verdict;
  };

  it.each([
    ['the same difference', verdict('changed', '0'), undefined],
    ['what has become as desired', verdict('equal', '1'), undefined],
    ['another value', verdict('changed', '2'), 'k: value of k'],
    ['what is not observed any more', verdict('unknown'), 'k: value of k'],
    ['a thing that is gone', verdict('missing'), 'k: value of k'],
  ])('is judged by %s', (_name, now, stale) => {
    expect(staleSince(verdict('changed', '0'), now)).toBe(stale);
  });
});

describe('what a set script says', () => {
  const NONCE = '0123456789abcdef0123456789abcdef';

  it.each([
    ['nothing', ''],
    ['another script', 'RW1 T ffffffffffffffffffffffffffffffff 1 b64 no 1:0'],
    ['a cut end', `RW1 T ${NONCE} 1234567 b64 no 1:0 2:`],
    ['noise', 'RW1\nRW1 T\nRW1 S x\n'],
  ])('is taken for nothing with %s', (_name, output) => {
    expect(readSetAnswer(output, NONCE)).toEqual({ statuses: new Map(), said: new Map(), restart: false, complete: false });
  });
});
