import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { severityOf } from '../../../engine/actions/action.ts';
import { actions } from '../../../engine/actions/registry.ts';
import type { Azure } from '../../../engine/azure-calls.ts';
import { loadDocuments } from '../../../engine/language/load.ts';
import { openToSevere } from '../../../engine/plan/open-severe.ts';
import { makePlan } from '../../../engine/plan/plan.ts';
import type { Ports } from '../../../engine/ports.ts';

const ports = {
  azure: { read: async () => ({ kind: 'missing', message: 'no such thing' }) } as unknown as Azure,
  clock: { nowMs: () => Date.UTC(2026, 0, 5) } as Ports['clock'],
  ids: { sha256: (text: string) => createHash('sha256').update(text).digest('hex') } as Ports['ids'],
};

const head = (name: string, purpose: string): string => `apiVersion: runward/v1
kind: Runbook
metadata: { name: ${name}, title: A test, owner: team-shop }
environment: test
timeout: 1h
purpose: ${purpose}
inputs: { sample: { type: integer, default: 2 } }
`;
const PLAN = '/subscriptions/s/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/v/replicationRecoveryPlans/p';
const commit = (id = 'commit'): string => `{ id: ${id}, uses: asr.plan.commit@1, with: { plan: ${PLAN} } }`;
const ask = (more = '', inside = ''): string => `{ id: go, ${more}approval: { by: [group:dba], need: 1, message: Sure?${inside} } }`;

/** Nobody can tell them when a plan is made: one holds then, the other when a run comes to it later. */
const EARLY = 'now() < timestamp("2026-01-05T00:30:00Z")';
const LATE = 'now() > timestamp("2026-01-05T00:30:00Z")';
const block = (...steps: readonly string[]): string => `{ id: ready, if: '${LATE}', steps: [${steps.join(', ')}] }`;

async function open(body: string, { purpose = 'operations', called = 'steps: [{ id: nothing, wait: 1s }]\n' } = {}) {
  const files = [
    { path: 'runbooks/it.yaml', text: head('it', purpose) + body },
    { path: 'runbooks/called.yaml', text: head('called', 'operations') + called },
  ];
  const project = loadDocuments(files, { actions });
  expect(project.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  const made = await makePlan(ports, { project, runbook: 'it', inputs: {}, signal: new AbortController().signal });
  if (made.kind === 'refused') throw new Error(JSON.stringify(made.findings));
  return openToSevere(made.plan);
}

const before = (step: string): string => `no approval that is always asked stands before ${step}`;

test.each([
  ['an approval before it', `steps: [${ask()}, ${commit()}]\n`, undefined],
  ['an approval before the block around it', `steps: [${ask()}, { id: move, steps: [${commit()}] }]\n`, undefined],
  ['no approval', `steps: [${commit()}]\n`, before('commit')],
  ['an approval after it', `steps: [${commit()}, ${ask()}]\n`, before('commit')],
  ['an approval whose condition is false', `steps: [${ask('if: inputs.sample > 3, ')}, ${commit()}]\n`, before('commit')],
  ['an approval whose condition is true', `steps: [${ask('if: inputs.sample > 1, ')}, ${commit()}]\n`, undefined],
  ['an approval whose condition the clock decides', `steps: [${ask(`if: '${EARLY}', `)}, ${commit()}]\n`, before('commit')],
  ['an approval in a block that may be left out', `steps: [${block(ask(), commit())}]\n`, undefined],
  ['an approval that may be left out of a block', `steps: [${block(ask(`if: '${LATE}', `), commit())}]\n`, before('ready/commit')],
  ['a step that the clock may let run', `steps: [${commit().replace('uses', `if: '${LATE}', uses`)}]\n`, before('commit')],
  ['a step inside a block that never runs', `steps: [{ id: move, if: inputs.sample > 3, steps: [${commit()}] }]\n`, undefined],
  ['an approval that time passes by', `steps: [${ask('', ', on_timeout: skip')}, ${commit()}]\n`, before('commit')],
  ['a wait, which is a gate as well', `steps: [{ id: later, wait: 1m }, ${commit()}]\n`, before('commit')],
  ['an approval beside it', `steps: [{ id: all, parallel: [${ask()}, ${commit()}] }]\n`, before('all/commit')],
  ['an approval inside an earlier block', `steps: [{ id: ready, steps: [${ask()}] }, ${commit()}]\n`, before('commit')],
  [
    'a step that never runs',
    `steps: [{ id: commit, if: inputs.sample > 3, uses: asr.plan.commit@1, with: { plan: ${PLAN} } }]\n`,
    undefined,
  ],
  ['cleanup, which runs also after a denial', `steps: [${ask()}]\nfinally: [${commit()}]\n`, before('finally/commit')],
  [
    'the cleanup of a block that asks itself',
    `steps: [{ id: move, steps: [${ask()}, { id: a, wait: 1s }], finally: [${commit()}] }]\n`,
    before('move/commit'),
  ],
  [
    'what undoes a mild step',
    `steps: [{ id: look, uses: asr.plan.get@1, with: { plan: ${PLAN} }, rollback: [${commit()}] }]\n`,
    before('look/rollback/commit'),
  ],
])('a severe plan without a person: %s', async (_, body, expected) => {
  expect(await open(body)).toBe(expected);
});

test('of a called runbook an approval of its own counts, or one before the call', async () => {
  const call = '{ id: move, call: called }';
  expect(await open(`steps: [${call}]\n`, { called: `steps: [${commit()}]\n` })).toBe(before('move/commit'));
  expect(await open(`steps: [${ask()}, ${call}]\n`, { called: `steps: [${commit()}]\n` })).toBeUndefined();
  expect(await open(`steps: [${call}]\n`, { called: `steps: [${ask()}, ${commit()}]\n` })).toBeUndefined();
});

test('a failover is severe as a whole: a person is asked, and before anything that changes more than a little', async () => {
  const script = '{ id: move, effect: named, run: "true", target: one }';
  const set = 'targets: { one: { hosts: [{ name: a, address: 10.0.0.1, os: linux, user: ops, credential: "secret:ssh" }], max: 1 } }\n';
  expect(await open(`${set}steps: [${script}]\n`, { purpose: 'failover' })).toBe(before('move'));
  expect(await open(`${set}steps: [${ask()}, ${script}]\n`, { purpose: 'failover' })).toBeUndefined();
  expect(await open(`steps: [{ id: look, wait: 1s }]\n`, { purpose: 'failover' })).toBe('asks no person');
  expect(await open(`${set}steps: [${block(ask(), script)}]\n`, { purpose: 'failover' })).toBe('asks no person');
  expect(await open(`${set}steps: [${script}]\n`)).toBeUndefined();
});

test('deleting a machine is severe, and moderate where it is written that the run has made it', () => {
  const action = actions.get('azure.vm.delete@1');
  if (action === undefined) throw new Error('the action is gone');
  const severities = [{}, { only_created_by_run: false }, { only_created_by_run: '${{ inputs.own }}' }, { only_created_by_run: true }];
  expect(severities.map((args) => severityOf(action, args))).toEqual(['severe', 'severe', 'severe', 'moderate']);
});
