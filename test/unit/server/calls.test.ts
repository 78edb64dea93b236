import { afterEach, beforeEach, expect, it } from 'vitest';
import { GREET } from './documents.ts';
import type { ServerWorld } from './server-world.ts';
import { makeServerWorld, newKey } from './server-world.ts';

const CALLER = {
  path: 'runbooks/caller.yaml',
  text: `apiVersion: runward/v1
kind: Runbook
metadata: { name: caller, title: Lets somebody be greeted, owner: team-a }
purpose: operations
environment: test
timeout: 4h
inputs: { guest: { type: string, default: ada } }
steps:
  - { id: greeting, call: greet, with: { who: "\${{ inputs.guest }}" } }
`,
};

let world: ServerWorld;

beforeEach(async () => {
  world = await makeServerWorld({ RUNWARD_AUTH: 'token' });
  await world.context.projects.publish([GREET, CALLER]);
});

afterEach(() => world.close());

it('shows the rows of the called runbook below the call, and counts only them', async () => {
  const token = await world.token('ada', ['operator']);
  const { body } = await world.call('POST', '/api/v1/plans', { token, body: { runbook: 'caller' } });
  expect(body.steps.map((row: { kind: string; path: string; depth: number }) => `${row.depth} ${row.kind} ${row.path}`)).toEqual([
    '0 READ greeting',
    '1 GATE greeting/go',
    '1 GATE greeting/look',
    '1 READ greeting/same',
  ]);
  expect(body.counts).toEqual({ READ: 1, MUTATES: 0, UNKNOWN: 0, GATE: 2 });
});

it('changes its hash when the called runbook changes, and refuses inputs that do not fit there', async () => {
  const token = await world.token('ada', ['operator']);
  const plan = async () => (await world.call('POST', '/api/v1/plans', { token, body: { runbook: 'caller' } })).body;
  const before = await plan();
  await world.context.projects.publish([{ ...GREET, text: GREET.text.replace('Look at it', 'Look at it twice') }]);
  expect((await plan()).planHash).not.toBe(before.planHash);
  const long = await world.call('POST', '/api/v1/plans', { token, body: { runbook: 'caller', inputs: { guest: 'x'.repeat(41) } } });
  expect(long.status).toBe(422);
  expect(long.body.findings).toMatchObject([{ code: 'RW517', file: 'runbooks/caller.yaml', line: 9, pointer: '/who' }]);
});

it('is started only by somebody who may start the called runbook too', async () => {
  const scope = { runbook: 'caller', environment: 'test' };
  const narrow = await world.token('ben', ['operator'], { scope });
  const refused = await world.call('POST', '/api/v1/runs', { token: narrow, key: newKey(), body: { runbook: 'caller' } });
  expect([refused.status, refused.body.code]).toEqual([403, 'ACCESS_DENIED']);
  const wide = await world.token('ada', ['operator'], { scope: { runbook: '*', environment: 'test' } });
  expect((await world.call('POST', '/api/v1/runs', { token: wide, key: newKey(), body: { runbook: 'caller' } })).status).toBe(202);
});
