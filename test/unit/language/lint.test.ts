import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import type { Finding } from '../../../engine/language/diagnostics.ts';
import { readIgnoreList } from '../../../engine/language/lint/ignore-list.ts';
import { chosen, lintDocuments, LINT_RULES, type LintOptions } from '../../../engine/language/lint/lint.ts';
import { isLint } from '../../support/goldens.ts';

const ROOT = join(import.meta.dirname, '../../..');
const OPTIONS: LintOptions = { actions, nowMs: Date.UTC(2026, 0, 5) };

const HEAD = `apiVersion: runward/v1
kind: Runbook
metadata: { name: patch, title: Patch, owner: team-shop }
environment: production
timeout: 2h
targets:
  web: { hosts: [{ name: web-01, user: ops, credential: "secret:ssh" }], max: 3 }
`;
const PATCH = '  - { id: patch, target: web, effect: named, run: "apt-get -y upgrade" }\n';
const LOOK = '  - { id: look, target: web, effect: read, run: "uptime" }\n';

function codes(body: string, options: Partial<LintOptions> = {}): readonly string[] {
  const files = [{ path: 'runbooks/patch.yaml', text: `${HEAD}${body.includes('purpose:') ? '' : 'purpose: operations\n'}${body}` }];
  return lintDocuments(files, { ...OPTIONS, ...options }).findings.map((finding) => finding.code);
}

describe('lint', () => {
  it('has a rule for each of its codes, and each rule has one', () => {
    expect(LINT_RULES.map((rule) => rule.code)).toEqual(Array.from({ length: 19 }, (_, index) => `RW${521 + index}`));
    expect(LINT_RULES.every((rule) => isLint(rule.code))).toBe(true);
  });

  it('says nothing of a document with an error beyond the error', () => {
    expect(codes(`steps:\n${PATCH}  - { id: look, tagret: web, effect: read, run: "x" }\n`)).toEqual(['RW202']);
  });

  it('finds nothing in the runbooks that ship', () => {
    const files = ['runbooks', 'configurations'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.yaml'))
        .map((name) => ({ path: `${folder}/${name}`, text: readFileSync(join(ROOT, folder, name), 'utf8') })),
    );
    const { findings } = lintDocuments(files, OPTIONS);
    expect(findings.map(({ code, file, line }) => `${code} ${file}:${line}`)).toEqual([]);
  });
});

describe('a change counts as looked at', () => {
  it.each([
    ['when a read follows', `steps:\n${PATCH}${LOOK}`],
    ['when an assert follows', `steps:\n${PATCH}  - { id: sure, assert: [{ that: 'run.number > 0', message: No }] }\n`],
    [
      'when the block around it is followed by a read',
      `steps:\n  - id: block\n    steps:\n    ${PATCH.trimStart().replace('- ', '  - ')}${LOOK}`,
    ],
    [
      'when a step after each wave looks',
      `steps:\n  - id: patch\n    target: web\n    effect: named\n    run: "x"\n    rollout:\n      waves: [1]\n      after_wave:\n        - { id: sure, assert: [{ that: wave.failed == 0, message: No }] }\n`,
    ],
    [
      'in finally, which nothing can follow',
      `steps:\n${LOOK}finally:\n  - { id: tidy, target: web, effect: named, run: "rm -f /tmp/x" }\n`,
    ],
  ])('%s', (_, body) => expect(codes(body)).toEqual([]));

  it('not when the next change comes first, even inside a block', () => {
    const block = `  - id: block\n    steps:\n      - { id: more, target: web, effect: named, run: "x" }\n      - { id: seen, target: web, effect: read, run: "x" }\n`;
    expect(codes(`steps:\n${PATCH}${block}`)).toEqual(['RW524']);
    const looked = block.replace('    steps:\n', '    steps:\n      - { id: first, target: web, effect: read, run: "x" }\n');
    expect(codes(`steps:\n${PATCH}${looked}`)).toEqual([]);
  });
});

describe('schedules', () => {
  const nightly = (cron: string, more = ''): string =>
    `triggers:\n  schedules:\n    - { id: nightly, cron: "${cron}", timezone: Europe/Berlin${more} }\n`;

  it('may change production when somebody is asked, or when it begins small', () => {
    expect(codes(`steps:\n${PATCH}${LOOK}${nightly('0 4 * * *')}`)).toEqual(['RW527']);
    const asked = '  - { id: ask, approval: { by: [group:ops], need: 1, message: "Patch ${{ size(targets.web) }}" } }\n';
    expect(codes(`steps:\n${asked}${PATCH}${LOOK}${nightly('0 4 * * *')}`)).toEqual([]);
    expect(codes(`steps:\n${PATCH.replace(' }\n', ', rollout: { waves: [1] } }\n')}${LOOK}${nightly('0 4 * * *')}`)).toEqual([]);
    expect(codes(`steps:\n${LOOK}${nightly('0 4 * * *')}`)).toEqual([]);
    expect(codes(`steps:\n${PATCH}${LOOK}${nightly('0 4 * * *', ', enabled: false')}`)).toEqual([]);
  });

  it('are warned of hours that a clock skips or repeats, not of patterns that go through every hour', () => {
    expect(codes(`steps:\n${LOOK}${nightly('30 2 * * *')}`)).toEqual(['RW528']);
    expect(codes(`steps:\n${LOOK}${nightly('30 2 * 7 *')}`)).toEqual([]);
    expect(codes(`steps:\n${LOOK}${nightly('30 * * * *')}`)).toEqual([]);
    expect(codes(`steps:\n${LOOK}${nightly('30 2 * * *').replace('Europe/Berlin', 'UTC')}`)).toEqual([]);
  });

  it('are a crowd only when they meet', () => {
    const many = (day: (index: number) => string, more = ''): string =>
      `triggers:\n  schedules:\n${[1, 2, 3, 4, 5, 6].map((index) => `    - { id: s${index}, cron: "0 4 * * ${day(index)}", timezone: UTC${more} }\n`).join('')}`;
    expect(codes(`steps:\n${LOOK}${many(() => '*')}`)).toHaveLength(6);
    expect(codes(`steps:\n${LOOK}${many(String)}`)).toEqual([]);
    expect(codes(`steps:\n${LOOK}${many(() => '*', ', jitter: 15m')}`)).toEqual([]);
  });
});

describe('scripts', () => {
  const script = (text: string, more = ''): readonly string[] =>
    codes(`steps:\n  - id: go\n    target: web\n    effect: read\n${more}    run: |\n${text.replaceAll(/^/gm, '      ')}\n`);

  it('of several lines must stop at an error, in the shells that would not', () => {
    expect(script('cd /data\nrm -r old')).toEqual(['RW536']);
    expect(script('set -eu\ncd /data\nrm -r old')).toEqual([]);
    expect(script('set -o errexit\ncd /data\nrm -r old')).toEqual([]);
    expect(script('# one line\nls /data')).toEqual([]);
    expect(script('cd /data\nrm -r old', '    shell: pwsh\n')).toEqual([]);
  });

  it('must not run or trust what nobody checked', () => {
    expect(script('curl -s https://x.example/i.sh | bash')).toEqual(['RW537']);
    expect(script('curl -sk https://x.example/health')).toEqual(['RW537']);
    expect(script('wget --no-check-certificate https://x.example/a')).toEqual(['RW537']);
    expect(script('curl --fail https://x.example/health | grep ok')).toEqual([]);
    expect(script('ssh -o StrictHostKeyChecking=yes a true')).toEqual([]);
  });
});

describe('what only a server or a project knows', () => {
  const asks = 'steps:\n  - { id: ask, approval: { by: [group:ops], need: 1, message: "Patch ${{ size(targets.web) }}" } }\n';

  it('is not guessed', () => {
    expect(codes(asks)).toEqual([]);
    expect(codes(`steps:\n${PATCH}${LOOK}`)).toEqual([]);
  });

  it('tells approvals that one person can give, and changes without a test', () => {
    expect(codes(asks, { groupSizes: new Map([['ops', 1]]) })).toEqual(['RW533']);
    expect(codes(asks, { groupSizes: new Map([['ops', 2]]) })).toEqual([]);
    expect(codes(`steps:\n${PATCH}${LOOK}`, { tested: new Set() })).toEqual(['RW539']);
    expect(codes(`steps:\n${PATCH}${LOOK}`, { tested: new Set(['patch']) })).toEqual([]);
  });
});

describe('what is ignored', () => {
  const read = (text: string) => {
    const findings: Finding[] = [];
    const ignored = readIgnoreList({ path: '.runward/config.yaml', text }, findings);
    return { ignored: [...ignored], said: findings.map(({ code, line, column, hint }) => `${line}:${column} ${code} ${hint}`) };
  };

  it('needs a code of a warning and a reason', () => {
    expect(read('lint:\n  ignore:\n    RW524: the services watch themselves\n')).toEqual({ ignored: ['RW524'], said: [] });
    expect(read('server: https://runward.corp\n')).toEqual({ ignored: [], said: [] });
    expect(read('lint:\n  ignore:\n    RW525:\n    RW202: never mind\n    RW599: x\n')).toEqual({
      ignored: [],
      said: ['3:11 RW205 RW525: why this does not matter here', '4:5 RW206 errors cannot be ignored', '5:5 RW206 did you mean "RW529"?'],
    });
  });

  it('never hides an error', () => {
    const findings = lintDocuments(
      [{ path: 'runbooks/a.yaml', text: `${HEAD}purpose: operations\nsteps:\n  - { id: a, wait: 1x }\n` }],
      OPTIONS,
    ).findings;
    expect(chosen(findings, { ignored: new Set(['RW213']), only: new Set(['RW524']) }).map((finding) => finding.code)).toEqual(['RW213']);
  });

  it('can be one line, with a reason', () => {
    const commented = PATCH.replace('  - {', '  # runward-ignore RW524: the pipeline looks\n  - {');
    expect(codes(`steps:\n${commented}${LOOK.replace('read', 'named')}`)).toEqual(['RW524']);
    expect(codes(`steps:\n${commented}`)).toEqual([]);
  });
});
