import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import type { Azure } from '../../../engine/azure-calls.ts';
import type { JsonObject } from '../../../engine/json.ts';
import { loadDocuments } from '../../../engine/language/load.ts';
import { makePlan } from '../../../engine/plan/plan.ts';
import type { Ports } from '../../../engine/ports.ts';

const HEAD = `apiVersion: runward/v1
kind: Runbook
metadata: { name: fleet, title: Fleet, owner: team-fleet }
environment: test
timeout: 1h
`;

const RUNBOOK = `${HEAD}purpose: operations
inputs:
  ring: { type: string, enum: [a, b], default: a }
vars: { greeting: "ring \${{ inputs.ring }}" }
targets:
  web:
    hosts:
      - { name: web-01, address: 10.0.0.1, os: linux, user: ops, credential: "secret:ssh", tags: { ring: a } }
      - { name: web-02, address: 10.0.0.2, os: linux, user: ops, credential: "secret:ssh", tags: { ring: b } }
    where: target.tags.ring == inputs.ring
    max: 2
steps:
  - { id: look, uses: tcp.check@1, with: { host: 10.0.0.1, port: 22 } }
  - { id: go, approval: { by: [group:ops], need: 1, message: "\${{ size(targets.web) }} machines, \${{ vars.greeting }}" } }
  - { id: facts, target: web, effect: read, run: "cat /etc/os-release", outputs: { name: result.stdout } }
  - { id: tidy, target: web, effect: named, run: "rm -f /tmp/x" }
  - { id: guess, target: web, effect: blind, run: "do-something" }
  - { id: never, if: 'inputs.ring == "b"', target: web, effect: named, run: "true" }
triggers:
  schedules: [{ id: nightly, cron: "0 2 * * *", timezone: Europe/Berlin }]
notify: [{ to: "teams:ops", when: [failed] }]
`;

const ports = {
  azure: { read: async () => ({ kind: 'missing', message: 'no such thing' }) } as unknown as Azure,
  clock: { nowMs: () => Date.UTC(2026, 0, 5) } as Ports['clock'],
  ids: { sha256: (text: string) => createHash('sha256').update(text).digest('hex') } as Ports['ids'],
};

async function plan(text: string, inputs: JsonObject = {}, more: { readonly purpose?: 'drill' | 'operations' } = {}) {
  const project = loadDocuments([{ path: 'runbooks/fleet.yaml', text }], { actions, allowLocalScripts: true });
  expect(
    project.findings.filter(({ severity }) => severity === 'error').map(({ code, message, line }) => `${code} ${line} ${message}`),
  ).toEqual([]);
  return makePlan(ports, { project, runbook: 'fleet', inputs, signal: new AbortController().signal, ...more });
}

async function planned(text: string, inputs: JsonObject = {}) {
  const answer = await plan(text, inputs);
  if (answer.kind !== 'planned') throw new Error(JSON.stringify(answer.findings));
  return answer;
}

describe('a plan', () => {
  it('classes every step as READ, MUTATES, UNKNOWN or GATE, with targets and what its condition will do', async () => {
    const { plan: made } = await planned(RUNBOOK);
    expect(made.rows.map(({ path, kind, targets, condition }) => [path, kind, targets, condition])).toEqual([
      ['look', 'READ', undefined, 'always'],
      ['go', 'GATE', undefined, 'always'],
      ['facts', 'READ', 1, 'always'],
      ['tidy', 'MUTATES', 1, 'always'],
      ['guess', 'UNKNOWN', 1, 'always'],
      ['never', 'MUTATES', 1, 'never'],
    ]);
    expect(made.severity).toBe('moderate');
  });

  it('resolves targets once, narrowed by where, and computes vars', async () => {
    const { plan: made } = await planned(RUNBOOK, { ring: 'b' });
    expect(made.sets['web']?.targets.map(({ key, via, lockId }) => [key, via, lockId])).toEqual([['web-02', 'ssh', 'ssh://10.0.0.2']]);
    expect(made.vars).toEqual({ greeting: 'ring b' });
  });

  it('has the same hash for the same runbook and inputs, and another one when an input differs', async () => {
    const [first, again, other] = [await planned(RUNBOOK), await planned(RUNBOOK, { ring: 'a' }), await planned(RUNBOOK, { ring: 'b' })];
    expect(again.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
    expect(ports.ids.sha256(first.text)).toBe(first.hash);
  });

  it('refuses inputs that do not fit, with a pointer', async () => {
    const answer = await plan(RUNBOOK, { ring: 'c' });
    expect(answer.kind === 'refused' && answer.findings.map(({ code, message }) => `${code} ${message}`)).toEqual([
      expect.stringContaining('RW517'),
    ]);
  });

  it('refuses a set that is larger than its max, or empty, at the place of the set', async () => {
    const large = await plan(RUNBOOK.replace('    where: target.tags.ring == inputs.ring\n', '').replace('max: 2', 'max: 1'));
    expect(large.kind === 'refused' && large.findings.map(({ code, line }) => [code, line])).toEqual([['RW508', 11]]);
    const empty = await plan(RUNBOOK.replace('target.tags.ring == inputs.ring', 'target.tags.ring == "z"'));
    expect(empty.kind === 'refused' && empty.findings.map(({ code }) => code)).toEqual(['RW509']);
  });

  it('asks for a purpose where the runbook lists several', async () => {
    const several = RUNBOOK.replace('purpose: operations', 'purpose: [drill, operations]');
    await expect(plan(several)).rejects.toMatchObject({ code: 'USAGE_FLAG', message: expect.stringContaining('--as') });
    const answer = await plan(several, {}, { purpose: 'drill' });
    expect(answer.kind === 'planned' && answer.plan.purpose).toBe('drill');
  });

  it('is not made when Azure does not tell its targets', async () => {
    const azure = `${HEAD}purpose: drill
targets:
  shop: { recovery_plan: { subscription: 6f1c1b5e-0000-4000-8000-00000000a001, resource_group: rg, vault: v, name: rp }, max: 5 }
steps: [{ id: look, uses: asr.item.get@1, target: shop }]
`;
    await expect(plan(azure)).rejects.toMatchObject({ code: 'ARM_REFUSED', message: expect.stringContaining('no plan was made') });
  });
});
