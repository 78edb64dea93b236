import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { actions } from '../../../engine/actions/registry.ts';
import { judged } from '../../../engine/language/finding-report.ts';
import { type KnownAction, loadDocuments, type LoadOptions } from '../../../engine/language/load.ts';
import { countFindings, findingsJson } from '../../../engine/language/render-json.ts';

const ROOT = join(import.meta.dirname, '../../..');
const shipped = ['runbooks', 'configurations'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ path: `${folder}/${name}`, text: readFileSync(join(ROOT, folder, name), 'utf8') })),
);

const HEAD = `apiVersion: runward/v1
kind: Runbook
metadata: { name: NAME, title: A test, owner: team-shop }
purpose: operations
environment: production
timeout: 1h
`;

function runbook(body: string, name = 'test') {
  return { path: `runbooks/${name}.yaml`, text: HEAD.replace('NAME', name) + body };
}

function messages(files: readonly { path: string; text: string }[], options: LoadOptions = { actions }): readonly string[] {
  return loadDocuments(files, options).findings.map((one) => `${one.line}:${one.column} ${one.severity} ${one.code} ${one.message}`);
}

function action(name: string, effect: KnownAction['effect'], severity: KnownAction['severity']): readonly [string, KnownAction] {
  return [name, { name, effect, severity, target: 'none', input: z.strictObject({}) as never, result: {}, timeoutMs: 1000 } as KnownAction];
}

describe('the shipped runbooks', () => {
  const loaded = loadDocuments(shipped, { actions });

  it('have no finding, not even a warning', () => {
    expect(loaded.findings).toEqual([]);
    expect([...loaded.runbooks.keys()]).toEqual(
      expect.arrayContaining(['demo-drill', 'drift-check', 'network-isolation', 'script-check', 'shop-drill', 'vm-start', 'vm-stop']),
    );
  });

  it('become values: durations in milliseconds, defaults filled in, places kept', () => {
    const drill = loaded.runbooks.get('demo-drill')?.runbook;
    expect(drill).toMatchObject({ purposes: ['drill'], timeoutMs: 3_600_000, finallyTimeoutMs: 1_800_000, manual: true });
    expect(drill?.objectives).toEqual({
      rtoMs: 180_000,
      rpoMs: 900_000,
      drillEveryMs: 7_776_000_000,
      clock: { start: 'failover_db', stop: 'verify_shop', count: 'wall' },
    });
    expect(drill?.readiness?.checks.map((check) => check.id)).toEqual(['replication_healthy', 'no_leftover_test', 'network_isolated']);
    const failover = drill?.steps.find((step) => step.id === 'failover_db');
    expect(failover).toMatchObject({
      target: { kind: 'set', set: 'shop', where: 'target.recovery_group == 1' },
      rollout: { waves: [], maxParallel: 10, maxFailures: { count: 0 } },
      onFailure: 'stop',
      body: { kind: 'uses', action: 'asr.item.test-failover@1' },
    });
    const line = shipped.find((file) => file.path.endsWith('demo-drill.yaml'))?.text.split('\n')[(failover?.at.line ?? 0) - 1];
    expect(line).toBe('  - id: failover_db');
    expect(drill?.steps.find((step) => step.id === 'db_answers')?.target).toEqual({
      kind: 'produced',
      expression: 'steps.failover_db.produced',
    });
  });
});

describe('loadDocuments', () => {
  it('reports all files in one pass, in order', () => {
    const broken = runbook('steps:\n  - { id: a, wait: soon }\n', 'b');
    const found = messages([broken, { path: 'runbooks/a.yaml', text: 'a: b: c' }]);
    expect(found).toEqual([
      '1:4 error RW102 YAML: nested mappings are not allowed in compact mappings',
      '8:20 error RW213 "soon" is not a duration',
    ]);
  });

  it('knows inventories: their names, their environment, the defaults of their hosts', () => {
    const inventory = {
      path: 'runbooks/inventories/linux.yaml',
      text: `apiVersion: runward/v1
kind: Inventory
metadata: { name: linux, title: Machines, owner: team-shop }
environment: production
defaults: { os: linux, via: ssh, user: ops, credential: "secret:ssh" }
hosts:
  - { name: web-01, address: 10.0.0.1, tags: { role: web } }
  - { name: web-02, address: 10.0.0.2, user: admin }
`,
    };
    const good = runbook('targets:\n  web: { inventory: linux, max: 2 }\nsteps:\n  - { id: a, wait: 1s }\n');
    const loaded = loadDocuments([inventory, good], { actions });
    expect(loaded.findings).toEqual([]);
    expect(loaded.inventories.get('linux')?.inventory.hosts).toEqual([
      { name: 'web-01', address: '10.0.0.1', os: 'linux', via: 'ssh', user: 'ops', credential: 'secret:ssh', tags: { role: 'web' } },
      { name: 'web-02', address: '10.0.0.2', os: 'linux', via: 'ssh', user: 'admin', credential: 'secret:ssh', tags: {} },
    ]);
    const staging = { ...inventory, text: inventory.text.replace('environment: production', 'environment: staging') };
    expect(messages([staging, good])).toEqual(['8:21 error RW507 inventory "linux" belongs to "staging", the runbook to "production"']);
  });

  it('refuses a name that is used twice and points at the first use', () => {
    const first = runbook('steps:\n  - { id: a, wait: 1s }\n');
    const { findings } = loadDocuments([first, { ...first, path: 'runbooks/z.yaml' }], { actions });
    expect(findings).toMatchObject([
      { code: 'RW415', file: 'runbooks/z.yaml', line: 3, column: 19, related: [{ file: 'runbooks/test.yaml', line: 3 }] },
    ]);
  });

  it('refuses scripts on the worker where the server switched them off', () => {
    const local = runbook('steps:\n  - id: a\n    effect: read\n    run: |\n      true\n');
    expect(messages([local])).toEqual([]);
    expect(messages([local], { actions, allowLocalScripts: false })).toEqual(['10:5 error RW512 scripts on the worker are switched off']);
  });

  it('warns of a severe step that nobody approves', () => {
    const severe = new Map([action('dr.failover@1', 'guarded', 'severe')]);
    const steps = (before: string) => runbook(`steps:\n${before}  - { id: go, uses: dr.failover@1 }\n`);
    expect(messages([steps('')], { actions: severe })).toEqual([
      '8:11 warning RW514 severe step "go" (outside rollback and finally) has no approval before it',
    ]);
    const approval = '  - { id: ask, approval: { by: [group:leads], need: 1, message: Go? } }\n';
    expect(messages([steps(approval)], { actions: severe })).toEqual([]);
  });

  it('warns of the deletion of machines, but not of those that the run has made itself', () => {
    const steps = (only: string) =>
      runbook(
        `targets:\n  shop: { hosts: [{ name: a, address: 192.0.2.1, os: linux, via: ssh, user: ops, credential: "secret:ssh" }], max: 1 }\n` +
          `steps:\n  - { id: go, target: shop, uses: azure.vm.delete@1, with: { only_created_by_run: ${only} } }\n`,
      );
    const severe = (only: string) => messages([steps(only)], { actions }).filter((line) => line.includes('RW514'));
    expect(severe('true')).toEqual([]);
    for (const other of ['false', '"${{ targets.shop.size() > 0 }}"']) expect(severe(other)).toHaveLength(1);
  });

  it('pauses for a person where a failover or failback says nothing of failures', () => {
    const failover = (more: string) => {
      const file = runbook(`${more}steps:\n  - { id: a, wait: 1s }\n`);
      return { ...file, text: file.text.replace('purpose: operations', 'purpose: failover') };
    };
    const onFailure = (more: string) => [...loadDocuments([failover(more)], { actions }).runbooks.values()][0]?.runbook.onFailure;
    expect([onFailure(''), onFailure('on_failure: stop\n')]).toEqual(['pause', 'stop']);
  });

  it('silences a warning only with a reason, and errors never', () => {
    const script = (comment: string) => runbook(`steps:\n  - id: a\n    ${comment}\n    run: |\n      true\n`);
    expect(messages([script('# runward-ignore RW504: idempotent by its own lock')])).toEqual([]);
    expect(
      messages([script('# runward-ignore RW504: idempotent by its own lock\n    # runward-ignore RW524: looked at elsewhere')]),
    ).toEqual([]);
    const { findings } = loadDocuments([script('# runward-ignore RW504')], { actions });
    expect(findings).toMatchObject([{ code: 'RW504', hint: expect.stringContaining('needs a reason') }]);
    expect(messages([runbook('steps:\n  # runward-ignore RW213: later\n  - { id: a, wait: soon }\n')])).toHaveLength(1);
  });

  it('bounds the longest durations and wants for_each to be an expression', () => {
    const file = runbook(
      'steps:\n  - { id: a, for_each: [x, y], effect: read, run: "true" }\n  - { id: b, for_each: x, effect: read, run: "true" }\n',
    );
    expect(messages([{ ...file, text: file.text.replace('timeout: 1h', 'timeout: 31d') }])).toEqual([
      '6:10 error RW207 "timeout" is out of bounds: at most 30d',
      '8:24 error RW205 "for_each" must be text, found a list',
      '9:24 error RW205 "for_each" must be one expression in ${{ }}, found "x"',
    ]);
  });

  it('keeps 200 findings of a file and says how many there are beside', () => {
    const steps = Array.from({ length: 300 }, (_, index) => `  - { id: s${index}, wait: soon }\n`).join('');
    const { findings } = loadDocuments([runbook(`steps:\n${steps}`)], { actions });
    expect(findings).toHaveLength(200);
    expect(findings.at(-1)?.hint).toContain('and 100 more findings');
  });
});

describe('places inside values', () => {
  it.each([
    ['plain', '    if: inputs.nowhere\n', '9:16'],
    ['single quotes', "    if: '\"it''s\" == inputs.nowhere'\n", '9:28'],
    ['double quotes', '    if: "\\"\\u0041\\" == inputs.nowhere"\n', '9:31'],
    ['a literal block', '    if: |\n      true\n      && inputs.nowhere\n', '11:17'],
    ['a folded block', '    if: >-\n      true &&\n      inputs.nowhere\n', '11:14'],
    ['a folded plain text', '    if: true &&\n      inputs.nowhere\n', '10:14'],
    ['characters beyond the first plane', '    if: \'"\u{1f600}" == inputs.nowhere\'\n', '9:24'],
  ])('are found in %s', (_, condition, place) => {
    const found = messages([runbook(`steps:\n  - id: a\n${condition}    wait: 1s\n`)]);
    expect(found).toEqual([expect.stringMatching(new RegExp(`^${place} error RW30[0-9]|^${place} error RW402`))]);
  });
});

describe('findings for programs', () => {
  it('carry outcome and counts; strict turns warnings into errors', () => {
    const { findings } = loadDocuments([runbook('steps:\n  - id: a\n    run: |\n      true\n')], { actions });
    expect(countFindings(findings)).toEqual({ errors: 0, warnings: 1, filesWithFindings: 1 });
    expect(findingsJson(findings, 3)).toMatchObject({ apiVersion: 'runward/v1', kind: 'Findings', outcome: 'succeeded', files: 3 });
    expect(findingsJson(judged(findings, true), 3)).toMatchObject({ outcome: 'differences', counts: { errors: 1, warnings: 0 } });
  });
});
