import { afterEach, expect, it } from 'vitest';
import { makeServerWorld, newKey, type ServerWorld } from './server-world.ts';

const ASKING = {
  path: 'runbooks/asking.yaml',
  text: `apiVersion: runward/v1
kind: Runbook
metadata: { name: asking, title: Ask somebody, owner: team-a }
purpose: operations
environment: test
timeout: 4h
steps:
  - id: go
    approval: { by: [group:dba], need: 1, message: "look at <\${{ run.url }}>" }
`,
};

let world: ServerWorld;
afterEach(() => world.close());

/** Starts the runbook and lets a worker go on until the person is asked: the address of the run, and what it says. */
async function asked(env: Readonly<Record<string, string>>) {
  world = await makeServerWorld({ RUNWARD_AUTH: 'token', ...env });
  await world.context.projects.publish([ASKING]);
  const token = await world.token('olga', ['operator']);
  const { body } = await world.call('POST', '/api/v1/runs', { token, key: newKey(), body: { runbook: 'asking', inputs: {} } });
  await world.work(body.id);
  const { body: run } = await world.call('GET', `/api/v1/runs/${body.id}`, { token });
  return { url: run.url, message: run.waitingFor[0]?.message };
}

it('run.url is the page of the run under the address that people reach', async () => {
  expect(await asked({ RUNWARD_PUBLIC_URL: 'https://runward.example.com/' })).toEqual({
    url: 'https://runward.example.com/runs/1',
    message: 'look at <https://runward.example.com/runs/1>',
  });
});

it('run.url is empty where nobody said under which address people reach the server', async () => {
  expect((await asked({})).message).toBe('look at <>');
});
