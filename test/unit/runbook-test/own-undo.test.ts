import { describe, expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import type { JsonObject } from '../../../engine/json.ts';
import { renderTemplate } from '../../../engine/language/expression.ts';
import { loadDocuments } from '../../../engine/language/load.ts';
import { playCase } from '../../../runbook-test/play-case.ts';

const NETWORK = '/subscriptions/6f1c1b5e-0000-4000-8000-00000000a001/resourceGroups/rg/providers/Microsoft.Network';
const GROUP = `${NETWORK}/networkSecurityGroups/nsg-web`;
const HEAD = `apiVersion: runward/v1
kind: Runbook
metadata: { name: change, title: Change something, owner: team-web }
purpose: operations
environment: test
timeout: 6h
inputs:
  group: { type: azure_id, default: ${GROUP} }
targets:
  machines:
    hosts:
      - { name: web-01, os: linux, via: run-command, id: ${GROUP.replace('Network/networkSecurityGroups/nsg', 'Compute/virtualMachines/vm')}1 }
      - { name: web-02, os: linux, via: run-command, id: ${GROUP.replace('Network/networkSecurityGroups/nsg', 'Compute/virtualMachines/vm')}2 }
    max: 2
on_failure: rollback
`;
const FAILS = `  - { id: broken, assert: [{ that: inputs.group == "", message: It does not work }] }\n`;
const CUT = `  - id: cut
    uses: azure.nsg.set-rules@1
    with: { id: "\${{ inputs.group }}", rules: deny-all }\n`;
const START = `  - { id: start, uses: azure.vm.start@1, target: machines }\n`;

function findings(steps: string): readonly string[] {
  const loaded = loadDocuments([{ path: 'change.yaml', text: `${HEAD}steps:\n${steps}` }], { actions });
  return loaded.findings.filter(({ code }) => code !== 'RW417').map(({ code, message, hint }) => `${code} ${message} → ${hint}`);
}

/** Plays one case of a runbook of these steps. Answers its run, the paths of what began, and what was asked of each. */
async function play(steps: string, mocks: string, more = '') {
  const test = `apiVersion: runward/v1\nkind: RunbookTest\nrunbook: change\ncases:\n  - name: it\n    mocks: ${mocks}\n${more}    expect: { status: failed }\n`;
  const project = loadDocuments(
    [
      { path: 'change.yaml', text: `${HEAD}steps:\n${steps}` },
      { path: 'change.test.yaml', text: test },
    ],
    { actions },
  );
  expect(project.findings.filter(({ code }) => code !== 'RW417')).toEqual([]);
  const [one] = project.tests.flatMap(({ cases }) => cases);
  if (one === undefined) throw new Error('there is no case');
  const played = await playCase({ project, runbook: 'change', one, seed: 1 });
  if (played.kind === 'refused') throw new Error(JSON.stringify(played.findings));
  const { records, begun } = played.journal;
  const undone = begun.map(({ path }) => path).filter((path) => path.includes('/roll-back/'));
  return { ...played, undone, asked: (path: string) => records.get(path)?.input };
}

describe('the undo of an action', () => {
  it('names an action of the catalogue and gives it arguments that it takes', () => {
    const undoing = [...actions.values()].filter(({ undo }) => undo !== undefined);
    expect(undoing.map(({ name, undo }) => `${name}: ${undo?.action}`)).toEqual([
      'asr.item.test-failover@1: asr.item.test-failover-cleanup@1',
      'asr.plan.test-failover@1: asr.plan.test-failover-cleanup@1',
      'azure.vm.deallocate@1: azure.vm.start@1',
      'azure.vm.start@1: azure.vm.deallocate@1',
      'azure.nsg.set-rules@1: azure.nsg.set-rules@1',
      'azure.trafficmanager.set-endpoint@1: azure.trafficmanager.set-endpoint@1',
      'backup.restore-vm@1: azure.vm.delete@1',
    ]);
    const before = { status: 'Enabled', rules: [{ name: 'web', properties: {} }] };
    for (const { undo, name, effect } of undoing) {
      const shared = Object.fromEntries((undo?.same ?? []).map((argument) => [argument, 'a name']));
      const further = renderTemplate(undo?.with ?? {}, { undone: { result: {}, before } }, 0);
      const given = { ...shared, ...(further.ok ? (further.value as JsonObject) : {}) };
      const parsed = actions.get(undo?.action ?? '')?.input.safeParse(given);
      expect({ name, effect, given, fits: further.ok && parsed?.success }).toMatchObject({ fits: true, effect: 'guarded' });
    }
  });

  it('is a rollback step of the plan: class, severity, targets, permissions and what is locked follow from it', async () => {
    const { plan } = await play(START + CUT + FAILS, '{ cut: { result: { before: [] } } }');
    expect(plan.rows.filter(({ role }) => role === 'rollback')).toMatchObject([
      { path: 'start/rollback/undo-start', kind: 'MUTATES', action: 'azure.vm.deallocate@1', targets: 2, severity: 'moderate' },
      { path: 'cut/rollback/undo-cut', kind: 'UNKNOWN', note: expect.stringContaining('where that has changed something') },
    ]);
    expect(plan.actions).toMatchObject({ 'azure.vm.deallocate@1': 'guarded' });
  });

  it('asks for the very thing that was changed, and sets what was there before', async () => {
    const before = '[{ name: web, properties: { priority: 200 } }]';
    const { run, undone, asked } = await play(CUT + FAILS, `{ cut: { result: { before: ${before} } } }`);
    expect(run).toMatchObject({ state: 'failed', rollback: 'complete' });
    expect(undone).toEqual(['cut/roll-back/undo-cut']);
    expect(asked('cut/roll-back/undo-cut')).toEqual({ id: GROUP, rules: [{ name: 'web', properties: { priority: 200 } }] });
  });

  it('takes back what a failed step had before it, too, when its request was accepted', async () => {
    const mocks = '{ cut: { fail: { kind: verify }, result: { before: [] } } }';
    const { undone, asked } = await play(CUT, mocks);
    expect(undone).toEqual(['cut/roll-back/undo-cut']);
    expect(asked('cut/roll-back/undo-cut')).toEqual({ id: GROUP, rules: [] });
  });

  it('leaves alone what the step has not changed, item by item', async () => {
    const mocks = '{ start: { items: { web-01: { already_done: true }, web-02: { result: {} } } } }';
    const { undone, run } = await play(START + FAILS, mocks);
    expect(undone).toEqual(['start[web-02]/roll-back/undo-start']);
    expect(run.rollback).toBe('complete');
    expect((await play(START + FAILS, '{ start: { result: { changed: false } } }')).undone).toEqual([]);
  });

  it('takes back what an earlier attempt has done although the last one found it done', async () => {
    const step = START.replace('target: machines', 'target: machines, retry: 1');
    const { undone } = await play(step + FAILS, '{ start: { items: { web-01: [{ fail: {} }, { already_done: true }] } } }');
    expect(undone).toContain('start[web-01]/roll-back/undo-start');
  });

  it('believes a person about a lost answer: what happened is taken back, what did not is left alone', async () => {
    const said = (word: string) =>
      `    events: [{ when: { step: start, is: unknown, item: web-01 }, after: 1m, do: resolve, step: "start[web-01]", as: ${word} }]\n`;
    const lost = '{ start: { items: { web-01: { unknown: true } } } }';
    expect((await play(START + FAILS, lost, said('succeeded'))).undone).toContain('start[web-01]/roll-back/undo-start');
    expect((await play(START, lost, said('failed'))).undone).toEqual([]);
  });

  it('deletes only the machines that a restore has made, each with its disks and interfaces', async () => {
    const restore = `  - id: restore
    uses: backup.restore-vm@1
    target: machines
    with: { recovery_point: latest, name: "\${{ target.name }}-copy", resource_group: rg, network: ${NETWORK}/virtualNetworks/island }\n`;
    const mocks =
      '{ restore: { items: { web-01: { produced: [{ name: web-01-copy }] }, web-02: { produced: [{ name: web-02-copy }] } } } }';
    const { undone, asked, plan } = await play(restore + FAILS, mocks);
    expect(undone).toContain('restore[web-01]/roll-back/undo-restore[web-01-copy]');
    expect(asked('restore[web-02]/roll-back/undo-restore[web-02-copy]')).toEqual({ disks: true, nics: true, only_created_by_run: true });
    expect(plan.severity).toBe('moderate');
  });

  it('runs on the good path when a step says so, and once', async () => {
    const steps = `${START}  - { id: back, undo: start }\n${FAILS}`;
    const { undone, journal, plan } = await play(steps, '{}');
    expect(undone).toHaveLength(2);
    expect(journal.records.get('start[web-01]')).toMatchObject({ undoneBy: 'back' });
    expect(plan.rows.find(({ path }) => path === 'back')).toMatchObject({ kind: 'MUTATES', note: 'runs undo-start' });
  });

  it('has no place beside a rollback that is written, and none where rollback is empty', async () => {
    const written = `${START.replace(' }', ', rollback: [{ id: stop, uses: azure.vm.deallocate@1 }] }')}${FAILS}`;
    expect((await play(written, '{}')).undone).toEqual(['start[web-02]/roll-back/stop', 'start[web-01]/roll-back/stop']);
    const none = `${START.replace(' }', ', rollback: [] }')}${FAILS}`;
    expect((await play(none, '{}')).undone).toEqual([]);
    const failed = `${CUT}    rollback_on_failure: false\n`;
    expect((await play(failed, '{ cut: { fail: {}, result: { before: [] } } }')).undone).toEqual([]);
  });
});

describe('what is found in a runbook about the undo of an action', () => {
  it('undo may name a step that has only that', () => {
    expect(findings(`${START}  - { id: back, undo: start }\n`)).toEqual([]);
    const none = `${START.replace(' }', ', rollback: [] }')}  - { id: back, undo: start }\n`;
    expect(findings(none)).toEqual([expect.stringContaining('RW411 undo "start": neither it nor a step in it has a rollback')]);
  });

  it('an empty rollback says nothing where nothing undoes the step by itself', () => {
    const restart = `  - { id: restart, uses: azure.vm.restart@1, target: machines, rollback: [] }\n`;
    expect(findings(restart)).toEqual([
      'RW207 "rollback" is out of bounds: at least 1 step → leave it out: nothing undoes this step by itself',
    ]);
  });

  it('a block of such steps may be tried again, and what cleans up is not undone', async () => {
    expect(findings(`  - { id: all, retry: 1, steps: [{ id: stop, uses: azure.vm.deallocate@1, target: machines }] }\n`)).toEqual([]);
    const { plan } = await play(`${FAILS}finally:\n${START}`, '{}');
    expect(plan.rows.filter(({ role }) => role === 'rollback')).toEqual([]);
  });
});
