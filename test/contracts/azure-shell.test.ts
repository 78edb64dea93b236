import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRunCommandShell } from '../../adapters/azure/run-command-shell.ts';
import { RUN_COMMAND_VISIBLE_MS } from '../../engine/limits.ts';
import type { ScriptAttempt } from '../../engine/ports.ts';
import type { Target } from '../../engine/target.ts';
import type { AzureServer, Reply } from './azure-server.ts';
import { startAzureServer } from './azure-server.ts';

const VM = '/subscriptions/6f1c1b5e-0000-4000-8000-00000000a001/resourceGroups/rg-shop/providers/Microsoft.Compute/virtualMachines/web-01';
const NAME = 'rw-11111111-2222-5333-8444-555555555555-1';
const signal = new AbortController().signal;
const target: Target = {
  key: 'web-01',
  name: 'web-01',
  kind: 'azure_vm',
  id: VM,
  lockId: VM.toLowerCase(),
  os: 'linux',
  address: null,
  via: 'run-command',
  port: null,
  user: null,
  credential: null,
  tags: {},
  location: 'westeurope',
  resourceGroup: 'rg-shop',
  subscription: '6f1c1b5e-0000-4000-8000-00000000a001',
  recoveryGroup: null,
  powerState: 'running',
  environment: null,
};
const attempt: ScriptAttempt = {
  name: NAME,
  shell: 'sh',
  script: 'echo "$A"',
  env: { A: 'plain', TOKEN: 'secret-value' },
  secretNames: ['TOKEN'],
  timeoutMs: 60_000,
};
const NOT_FOUND: Reply = { status: 404, body: { error: { code: 'NotFound', message: 'no such run command' } } };
const CREATED: Reply = { status: 201, body: { name: NAME, location: 'westeurope', properties: { provisioningState: 'Creating' } } };
const view = (instanceView: object): Reply => ({ status: 200, body: { name: NAME, location: 'westeurope', properties: { instanceView } } });

let server: AzureServer;
beforeAll(async () => {
  server = await startAzureServer();
});
afterAll(() => server.close());
const sent = () => server.seen.map(({ method }) => method);

describe('start', () => {
  test('is one PUT: secrets are protected, the script is not waited for', async () => {
    server.answer(({ method }) => (method === 'GET' ? NOT_FOUND : CREATED));
    expect(await createRunCommandShell(server.connect()).start(target, attempt, signal)).toEqual({ kind: 'accepted' });
    expect(sent()).toEqual(['GET', 'PUT']);
    expect(server.seen[1]?.path).toBe(`${VM}/runCommands/${NAME}`);
    const { properties } = JSON.parse(server.seen[1]?.body ?? '{}') as { properties: Record<string, unknown> };
    expect(properties).toMatchObject({
      asyncExecution: true,
      parameters: [{ name: 'A', value: 'plain' }],
      protectedParameters: [{ name: 'TOKEN', value: 'secret-value' }],
    });
  });

  test('never replaces an attempt that exists', async () => {
    server.answer(() => view({ executionState: 'Running' }));
    expect(await createRunCommandShell(server.connect()).start(target, attempt, signal)).toEqual({ kind: 'accepted' });
    expect(sent()).toEqual(['GET']);
  });

  test('sends nothing while it is not known whether the attempt exists', async () => {
    server.answer(() => ({ status: 403, body: { error: { code: 'AuthorizationFailed', message: 'no right' } } }));
    expect(await createRunCommandShell(server.connect()).start(target, attempt, signal)).toMatchObject({ kind: 'not_sent' });
    expect(sent()).toEqual(['GET']);
  });

  test.each([
    ['500', { status: 500 }, 'ambiguous'],
    ['reset', 'reset', 'ambiguous'],
    ['409 of other work', { status: 409, body: { error: { code: 'Conflict', message: 'busy' } } }, 'ambiguous'],
    [
      '409 of a stopped machine',
      { status: 409, body: { error: { code: 'OperationNotAllowed', message: 'the machine is not running' } } },
      'refused',
    ],
    ['429', { status: 429 }, 'throttled'],
  ] as const)('asks once and says what %s means', async (_name, reply, kind) => {
    server.answer(({ method }) => (method === 'GET' ? NOT_FOUND : reply));
    expect(await createRunCommandShell(server.connect()).start(target, attempt, signal)).toMatchObject({ kind });
    expect(sent().filter((method) => method !== 'GET')).toEqual(['PUT']);
  });

  test.each([
    ['windows', 'sh'],
    ['windows', 'pwsh'],
    ['linux', 'powershell'],
  ] as const)('refuses what %s cannot run: %s', async (os, shell) => {
    server.answer(() => NOT_FOUND);
    const started = await createRunCommandShell(server.connect()).start({ ...target, os }, { ...attempt, shell }, signal);
    expect(started).toMatchObject({ kind: 'refused' });
    expect(sent()).toEqual([]);
  });

  test('names the interpreter of bash, and leaves a script that names its own', async () => {
    server.answer(({ method }) => (method === 'GET' ? NOT_FOUND : CREATED));
    const shell = createRunCommandShell(server.connect());
    await shell.start(target, { ...attempt, shell: 'bash' }, signal);
    await shell.start(target, { ...attempt, name: `${NAME}0`, shell: 'bash', script: '#!/usr/bin/python3\nprint(1)' }, signal);
    const scripts = server.seen
      .filter(({ method }) => method === 'PUT')
      .map(({ body }) => (JSON.parse(body) as PutBody).properties.source.script);
    expect(scripts).toEqual(['#!/bin/bash\necho "$A"', '#!/usr/bin/python3\nprint(1)']);
  });
});

describe('look', () => {
  const ended = { kind: 'ended', stderr: '', truncated: false, timedOut: false };
  test.each([
    ['pending', { executionState: 'Pending', exitCode: 0 }, { kind: 'running' }],
    ['running', { executionState: 'Running' }, { kind: 'running' }],
    ['a word of tomorrow', { executionState: 'Thinking' }, { kind: 'running' }],
    ['succeeded', { executionState: 'Succeeded', exitCode: 0, output: 'out' }, { ...ended, exitCode: 0, stdout: 'out' }],
    [
      'failed',
      { executionState: 'Failed', exitCode: 3, output: 'out', error: 'err' },
      { ...ended, exitCode: 3, stdout: 'out', stderr: 'err' },
    ],
    [
      'never ran',
      { executionState: 'Failed', executionMessage: 'the agent has no shell' },
      { ...ended, exitCode: -1, stdout: '', stderr: 'the agent has no shell' },
    ],
    ['timed out', { executionState: 'TimedOut', output: 'out' }, { ...ended, exitCode: -1, stdout: 'out', timedOut: true }],
    ['cancelled', { executionState: 'Canceled' }, { ...ended, exitCode: -1, stdout: '' }],
  ])('%s', async (_name, instanceView, expected) => {
    server.answer(() => view(instanceView));
    expect(await createRunCommandShell(server.connect()).look(target, NAME, signal)).toMatchObject(expected);
  });

  test('AZ-25: an output of four thousand bytes is the end of a longer one: marked as cut, and begun at its first whole line', async () => {
    const output = `${'half of a secret'.padEnd(4090, 'x')}\nlast\n`;
    server.answer(() => view({ executionState: 'Succeeded', exitCode: 0, output }));
    expect(await createRunCommandShell(server.connect()).look(target, NAME, signal)).toMatchObject({
      kind: 'ended',
      truncated: true,
      stdout: 'last\n',
    });
  });

  test('AZ-24: a name that was accepted just now runs, though a read does not show it yet', async () => {
    let nowMs = 0;
    server.answer(({ method }) => (method === 'GET' ? NOT_FOUND : CREATED));
    const shell = createRunCommandShell(server.connect(), () => nowMs);
    expect(await shell.look(target, NAME, signal)).toEqual({ kind: 'absent' });
    await shell.start(target, attempt, signal);
    expect(await shell.look(target, NAME, signal)).toEqual({ kind: 'running' });
    nowMs = RUN_COMMAND_VISIBLE_MS;
    expect(await shell.look(target, NAME, signal)).toEqual({ kind: 'absent' });
  });

  test('what cannot be read is unreachable, never absent', async () => {
    server.answer(() => ({ status: 403, body: { error: { code: 'AuthorizationFailed', message: 'no right' } } }));
    expect(await createRunCommandShell(server.connect()).look(target, NAME, signal)).toMatchObject({ kind: 'unreachable' });
  });
});

test.each(['stop', 'remove'] as const)('%s is one DELETE', async (call) => {
  server.answer(() => ({ status: 202, headers: { location: `${server.origin}/operations/1` } }));
  await createRunCommandShell(server.connect())[call](target, NAME, signal);
  expect(server.seen.map(({ method, path }) => [method, path])).toEqual([['DELETE', `${VM}/runCommands/${NAME}`]]);
});

interface PutBody {
  readonly properties: { readonly source: { readonly script: string } };
}
