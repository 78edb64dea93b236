import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import type { DocumentFile } from '../../../engine/language/guard.ts';
import { loadDocuments } from '../../../engine/language/load.ts';
import { allSteps } from '../../../engine/run/step-path.ts';
import { runward } from '../../support/command-line.ts';

const RUNBOOK = `apiVersion: runward/v1
kind: Runbook
metadata: { name: look, title: Look at the shop, owner: team-web }
purpose: operations
environment: test
timeout: 10m
steps:
  - id: answers
    uses: http.check@1
    with: { url: "http://shop.example.com/" }
  - id: late
    if: steps.answers.duration > duration("10s")
    wait: 1m
`;

const TESTS = `apiVersion: runward/v1
kind: RunbookTest
runbook: look
cases:
  - name: the shop answers
    expect: { status: succeeded }
  - name: the shop is slow & says "later"
    mocks: { answers: { duration: 20s } }
    expect: { status: succeeded, steps: { late: skipped } }
`;

const REPOSITORY = join(import.meta.dirname, '../../..');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-test-'));
  mkdirSync(join(folder, 'runbooks', 'tests'), { recursive: true });
  writeFileSync(join(folder, 'runbooks', 'look.yaml'), RUNBOOK);
  writeFileSync(join(folder, 'runbooks', 'tests', 'look.test.yaml'), TESTS);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('runward test', { timeout: 20_000 }, () => {
  it('prints cases with their virtual time, the first difference with its line, and the coverage', async () => {
    const { stdout, stderr, exit } = await runward(['test'], folder);
    expect(stdout).toBe(`RUNBOOK  STATUS    TIME  CASE
look     ✓ passed  0:00  the shop answers
look     ✗ failed  1:20  the shop is slow & says "later"

look: the shop is slow & says "later"
  --> runbooks/tests/look.test.yaml:9:49
  late is succeeded, expected skipped

RUNBOOK  REACHED  OF ITS STEPS AND CONDITIONS
look     100%     4 of 4
`);
    expect(stderr).toBe('2 cases: 1 passed, 1 failed · seed 1\n');
    expect(exit).toBe(1);
  });

  it('a share is enough when it is reached', async () => {
    expect((await runward(['test', '--filter', 'answers', '--min-coverage', '50'], folder)).exit).toBe(0);
  });

  it('plays chosen cases alone; what they do not reach is named, and can be too little', async () => {
    const { stdout, stderr, exit } = await runward(['test', '--filter', 'answers', '--coverage', '--min-coverage', '80'], folder);
    expect(stdout).toContain('runbooks/look.yaml:11 no case reached step late\n');
    expect(stdout).toContain('runbooks/look.yaml:11 no case reached condition late: if is true\n');
    expect(stderr).toBe('1 case: 1 passed, 0 failed · less than 80% reached in look · seed 1\n');
    expect(exit).toBe(1);
  });

  it('is one JSON document for programs', async () => {
    const { stdout, exit } = await runward(['test', '-o', 'json', '--seed', '7'], folder);
    expect(JSON.parse(stdout)).toMatchObject({
      apiVersion: 'runward/v1',
      kind: 'TestReport',
      outcome: 'failed',
      seed: 7,
      counts: { passed: 1, failed: 1 },
      files: [
        {
          path: 'runbooks/tests/look.test.yaml',
          runbook: 'look',
          cases: [
            { name: 'the shop answers', status: 'passed' },
            { status: 'failed', virtualMs: 80_000, differences: [{ message: 'late is succeeded, expected skipped', line: 9, column: 49 }] },
          ],
        },
      ],
      coverage: [{ runbook: 'look', percent: 100, points: 4, missed: [] }],
    });
    expect(exit).toBe(1);
  });

  it('is JUnit for a build: a suite for the file, texts escaped', async () => {
    const { stdout } = await runward(['test', '-o', 'junit'], folder);
    expect(stdout).toContain('<testsuite name="runbooks/tests/look.test.yaml" tests="2" failures="1" errors="0">');
    expect(stdout).toContain('<testcase classname="look" name="the shop answers" time="0.000"/>');
    expect(stdout).toContain('name="the shop is slow &amp; says &quot;later&quot;" time="80.000">');
    expect(stdout).toContain('<failure message="late is succeeded, expected skipped">runbooks/tests/look.test.yaml:9:49 late is');
  });

  it('JUnit holds the share that was asked for, so that a build that fails by it says why', async () => {
    const short = await runward(['test', '--filter', 'answers', '--min-coverage', '80', '-o', 'junit'], folder);
    expect(short.exit).toBe(1);
    expect(short.stdout).toContain('<testsuite name="coverage" tests="1" failures="1" errors="0">');
    expect(short.stdout).toContain('name="at least 80% reached"><failure message="50% reached: 2 of 4 steps and conditions">');
    expect(short.stdout).toContain('runbooks/look.yaml:11 no case reached step late');
    const enough = await runward(['test', '--filter', 'answers', '--min-coverage', '50', '-o', 'junit'], folder);
    expect(enough.exit).toBe(0);
    expect(enough.stdout).toContain('<testcase classname="look" name="at least 50% reached"/>');
  });

  it('a filter that fits no case is no success, and says so', async () => {
    const { stderr, exit } = await runward(['test', '--filter', 'anwsers'], folder);
    expect(stderr).toContain('no name of a case or runbook holds the text of --filter');
    expect(exit).toBe(1);
  });

  it('a document with errors is exit code 3, with the place of the error', async () => {
    const bad = join(folder, 'bad.test.yaml');
    writeFileSync(bad, TESTS.replace('answers: {', 'anwsers: {'));
    const { stderr, exit } = await runward(['test', 'bad.test.yaml'], folder);
    expect(stderr).toContain('--> bad.test.yaml:8:14');
    expect(stderr).toContain('did you mean "answers"?');
    expect(exit).toBe(3);
  });

  it.each([
    ['a file that is no test', ['runbooks/look.yaml'], 'tests of runbooks are named *.test.yaml'],
    ['a share above all', ['--min-coverage', '120'], '--min-coverage: "120" is not a whole number from 0 to 100'],
  ])('%s is a mistake of the caller', async (_what, args, message) => {
    const { stderr, exit } = await runward(['test', ...args], folder);
    expect(stderr).toContain(message);
    expect(exit).toBe(2);
  });
});

describe('the runbooks that ship', () => {
  it('pass all their tests, which reach most of their steps and conditions', async () => {
    const { stdout, stderr, exit } = await runward(['test', '--min-coverage', '80', '-o', 'name'], REPOSITORY);
    // They are many, so that every core plays some of them: none is lost, and they are told in the order of their files.
    const names = loadDocuments(shipped(), { actions }).tests.flatMap(({ runbook, cases }) =>
      cases.map(({ name }) => `${runbook}: ${name}`),
    );
    expect(stdout.trim().split('\n')).toEqual(names);
    expect({ stderr, exit }).toEqual({ stderr: `${names.length} cases: ${names.length} passed, 0 failed · seed 1\n`, exit: 0 });
  }, 120_000);

  it('each have a good path, a failing step and a cancel in the middle, and where they ask, nobody who answers', () => {
    const { runbooks, tests } = loadDocuments(shipped(), { actions });
    const lacking = [...runbooks.values()].flatMap(({ runbook }) => {
      const cases = tests.filter((test) => test.runbook === runbook.name).flatMap((test) => test.cases);
      const asks = [...allSteps(runbook.steps)].some(({ body }) => body.kind === 'approval');
      const shown = {
        'a good path': cases.some(({ expect: { status } }) => status === 'succeeded'),
        'a failing step': cases.some(
          // A runbook may have a person asked about what failed.
          ({ expect: { status, steps } }) =>
            status === 'failed' || status === 'partially_failed' || (status === 'paused' && Object.values(steps ?? {}).includes('failed')),
        ),
        'a cancel': cases.some(({ events }) => events.some((event) => event.do === 'cancel')),
        'an approval that nobody gives':
          !asks ||
          cases.some(({ mocks }) =>
            Object.values(mocks)
              .flat()
              .some(({ kind }) => kind === 'no_answer'),
          ),
      };
      return Object.entries(shown).flatMap(([what, there]) => (there ? [] : [`${runbook.name}: ${what}`]));
    });
    expect(lacking).toEqual([]);
    expect(runbooks.size).toBeGreaterThan(8);
  });
});

function shipped(): readonly DocumentFile[] {
  const folder = join(REPOSITORY, 'runbooks');
  const configurations = join(REPOSITORY, 'configurations');
  return [
    ...readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => ({ path: `runbooks/${name}`, text: readFileSync(join(folder, name), 'utf8') })),
    ...readdirSync(configurations)
      .filter((name) => name.endsWith('.dsc.yaml'))
      .map((name) => ({ path: `configurations/${name}`, text: readFileSync(join(configurations, name), 'utf8') })),
  ];
}
