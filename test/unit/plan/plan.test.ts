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

interface World {
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly inputs: JsonObject;
  readonly purpose: 'drill' | 'operations';
  readonly nowMs: number;
}

const named = (name: string, body: string): string => `${HEAD.replace('name: fleet', `name: ${name}`)}purpose: operations\n${body}`;
const nights = (name: string): string => `apiVersion: runward/v1
kind: Calendar
metadata: { name: ${name}, title: Nights, owner: team-fleet }
windows: [{ cron: "0 22 * * *", timezone: UTC, duration: 6h }]
`;
const estate = (name: string): string => `apiVersion: runward/v1
kind: Inventory
metadata: { name: ${name}, title: Estate, owner: team-fleet }
environment: test
hosts: [{ name: db-01, address: 10.0.0.2, os: linux, user: ops, credential: "secret:ssh" }]
`;
const MOTD = `$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json
resources: [{ name: motd, type: Runward.Linux/File, properties: { path: /etc/motd, content: welcome } }]
`;

/** A runbook with everything that a plan of it takes from other documents. */
const WORLD: World = {
  files: [
    {
      path: 'runbooks/fleet.yaml',
      text: `${HEAD}purpose: [operations, drill]
windows: [nights]
inputs:
  ring: { type: string, enum: [a, b], default: a }
  key: { type: secret, default: "secret:one" }
targets: { db: { inventory: estate, max: 1 } }
steps:
  - { id: go, approval: { by: [group:ops], need: 1, message: Sure? } }
  - { id: drift, uses: dsc.test@1, target: db, with: { document: configurations/motd.dsc.yaml } }
  - { id: below, call: child }
  - { id: tidy, target: db, effect: named, run: "true", env: { RING: "\${{ inputs.ring }}" } }
`,
    },
    {
      path: 'runbooks/child.yaml',
      text: named('child', 'steps: [{ id: look, uses: tcp.check@1, with: { host: h, port: 22 } }, { id: more, call: grandchild }]\n'),
    },
    {
      path: 'runbooks/grandchild.yaml',
      text: named('grandchild', 'steps: [{ id: look, uses: tcp.check@1, with: { host: h, port: 80 } }]\n'),
    },
    { path: 'calendars/nights.yaml', text: nights('nights') },
    { path: 'inventories/estate.yaml', text: estate('estate') },
    { path: 'configurations/motd.dsc.yaml', text: MOTD },
  ],
  inputs: {},
  purpose: 'operations',
  nowMs: Date.UTC(2026, 0, 5),
};

const UNUSED = [
  { path: 'runbooks/other.yaml', text: named('other', 'steps: [{ id: later, wait: 1s }]\n') },
  { path: 'calendars/days.yaml', text: nights('days') },
  { path: 'inventories/lab.yaml', text: estate('lab') },
  { path: 'configurations/other.dsc.yaml', text: MOTD },
];

function replaced(file: string, what: string, by: string): (world: World) => World {
  return (world) => {
    const found = world.files.filter(({ path, text }) => path.includes(`/${file}.`) && text.includes(what));
    expect(found, `${what} in ${file}`).toHaveLength(1);
    return { ...world, files: world.files.map((one) => (found.includes(one) ? { ...one, text: one.text.replace(what, by) } : one)) };
  };
}

async function hashOf({ files, inputs, purpose, nowMs }: World): Promise<string> {
  const project = loadDocuments(files, { actions, allowLocalScripts: true });
  expect(
    project.findings.filter(({ severity }) => severity === 'error').map(({ code, file, message }) => `${code} ${file} ${message}`),
  ).toEqual([]);
  const at = { ...ports, clock: { nowMs: () => nowMs } as Ports['clock'] };
  const answer = await makePlan(at, { project, runbook: 'fleet', inputs, purpose, signal: new AbortController().signal });
  if (answer.kind !== 'planned') throw new Error(JSON.stringify(answer.findings));
  return answer.hash;
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

  it.each<[string, (world: World) => World]>([
    ['a comment in the text', replaced('fleet', 'steps:\n', 'steps: # ask the shop first\n')],
    ['an input', (world) => ({ ...world, inputs: { ring: 'b' } })],
    ['the reference of a secret', (world) => ({ ...world, inputs: { key: 'secret:other' } })],
    ['the purpose', (world) => ({ ...world, purpose: 'drill' })],
    ['who approves', replaced('fleet', 'group:ops', 'group:leads')],
    ['a calendar', replaced('nights', 'duration: 6h', 'duration: 5h')],
    ['the heading of a calendar', replaced('nights', 'title: Nights', 'title: Late nights')],
    ['an inventory', replaced('estate', '10.0.0.2', '10.0.0.3')],
    ['the heading of an inventory', replaced('estate', 'title: Estate', 'title: The estate')],
    ['the content of a file', replaced('motd', 'welcome', 'hello')],
    ['a called runbook', replaced('child', 'port: 22', 'port: 443')],
    ['what a called runbook calls', replaced('grandchild', 'port: 80', 'port: 8080')],
  ])('has another hash when one thing differs: %s', async (_, change) => {
    const [before, after] = [await hashOf(WORLD), await hashOf(change(WORLD))];
    expect(after).not.toBe(before);
    expect(await hashOf(WORLD)).toBe(before);
  });

  it.each<[string, (world: World) => World]>([
    ['the time', (world) => ({ ...world, nowMs: WORLD.nowMs + 86_400_000 })],
    [
      'a runbook, a calendar, an inventory and a document that it does not use',
      (world) => ({ ...world, files: [...world.files, ...UNUSED] }),
    ],
    ['a default that is written out', (world) => ({ ...world, inputs: { ring: 'a' } })],
    ['the order of the files', (world) => ({ ...world, files: world.files.toReversed() })],
  ])('keeps its hash when nothing differs but %s', async (_, change) => {
    expect(await hashOf(change(WORLD))).toBe(await hashOf(WORLD));
  });

  it('holds no more than what it says that it holds: neither who asks nor why, when, for which slot or with which secret', async () => {
    const { plan: made } = await planned(RUNBOOK);
    const held = ['actions', 'definition', 'documents', 'engine', 'environment', 'inputs', 'notes', 'purpose', 'rows', 'runbookDigest'];
    expect(Object.keys(made).toSorted()).toEqual([...held, 'runbookPath', 'schema', 'sets', 'severity', 'vars']);
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
