import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { rightsOf } from '../../engine/azure-rights.ts';
import { runward } from '../support/command-line.ts';
import { OBJECT, startSignIn, TENANT } from './sign-in-server.ts';
import type { SignInServer } from './sign-in-server.ts';

const SUBSCRIPTION = '6f1c1b5e-0000-4000-8000-00000000a001';
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-shop-weu`;
const VM = `${GROUP}/providers/Microsoft.Compute/virtualMachines/web-01`;
const RUNBOOK = `apiVersion: runward/v1
kind: Runbook
metadata: { name: start-web, title: Start, owner: team }
purpose: operations
environment: test
timeout: 1h
targets:
  web: { hosts: [{ name: web-01, id: "${VM}" }], max: 1 }
steps:
  - { id: start, uses: azure.vm.start@1, target: web }
`;

interface Grant {
  readonly actions: readonly string[];
  readonly status?: number;
  readonly locks?: readonly { readonly name: string; readonly level: string }[];
  readonly date?: Date;
}

let server: SignInServer;
let project: string;
beforeAll(async () => {
  server = await startSignIn();
  project = join(server.folder, 'project');
  mkdirSync(join(project, 'runbooks'), { recursive: true });
  writeFileSync(join(project, 'runbooks/start-web.yaml'), RUNBOOK);
  writeFileSync(join(server.folder, 'secret'), 'demo-only-secret\n', { mode: 0o600 });
});
afterAll(() => server.close());
beforeEach(() => server.reset());

function grant({ actions, status = 200, locks = [], date }: Grant): void {
  server.answer = ({ url }) => {
    const headers = { date: (date ?? new Date()).toUTCString() };
    if (url.includes('/permissions?')) {
      if (status !== 200) return { status, headers, body: { error: { code: 'AuthorizationFailed', message: 'no right to read rights' } } };
      return { status, headers, body: { value: [{ actions, notActions: [], dataActions: [], notDataActions: [] }] } };
    }
    if (url.includes('/locks?'))
      return { status: 200, headers, body: { value: locks.map(({ name, level }) => ({ name, properties: { level } })) } };
    if (url.includes('/virtualMachines/web-01'))
      return { status: 200, headers, body: { id: VM, name: 'web-01', location: 'westeurope', properties: { vmId: 'd0' } } };
    return { status: 404, headers, body: { error: { code: 'NotFound', message: url } } };
  };
}

const ask = (...args: readonly string[]) =>
  runward(args, project, {
    RUNWARD_AZURE_ARM_ENDPOINT: server.origin,
    RUNWARD_AZURE_AUTHORITY_HOST: server.origin,
    RUNWARD_AZURE_CA_FILE: server.caFile,
    RUNWARD_AZURE_TENANT_ID: TENANT,
    RUNWARD_AZURE_CLIENT_ID: 'c0ffee00-0000-4000-8000-000000000001',
    RUNWARD_AZURE_CLIENT_SECRET_FILE: join(server.folder, 'secret'),
  });

test('who it is, where it may do what, and the command that gives what is missing', async () => {
  grant({ actions: ['Microsoft.Compute/virtualMachines/read', 'Microsoft.Compute/locations/operations/read'] });
  const { stdout, stderr, exit } = await ask('doctor', 'azure');
  expect(exit).toBe(1);
  expect(stdout).toMatch(
    new RegExp(`ok +identity +client-secret · c0ffee00.* · object ${OBJECT} · tenant ${TENANT} · token ends in 60 min`),
  );
  expect(stdout).toMatch(/fail +rights +group rg-shop-weu: azure.vm.deallocate@1, azure.vm.start@1 will be refused: 2 rights missing/);
  expect(stdout).toContain('missing Microsoft.Compute/virtualMachines/start/action');
  // What takes the start back after a failure.
  expect(stdout).toContain('missing Microsoft.Compute/virtualMachines/deallocate/action');
  expect(stdout).toContain(`runward azure roles --print runward-script --subscription ${SUBSCRIPTION} > runward-script.json`);
  expect(stdout).toContain(
    `az role assignment create --assignee-object-id ${OBJECT} --assignee-principal-type ServicePrincipal --role "runward-script" --scope ${GROUP}`,
  );
  expect(stdout + stderr).not.toContain('demo-only-secret');
  expect(server.arm.map(({ method }) => method)).toEqual(['GET', 'GET']);
});

test('everything is there: exit code 0, and nothing of it is called ready for what was not asked', async () => {
  grant({ actions: rightsOf('vm.get', 'vm.start', 'vm.deallocate') });
  const { stdout, exit } = await ask('doctor', 'azure', '-o', 'json');
  expect([exit, JSON.parse(stdout)]).toEqual([
    0,
    expect.objectContaining({
      kind: 'AzureDoctor',
      outcome: 'succeeded',
      identity: expect.objectContaining({ tenantId: TENANT, objectId: OBJECT, isPerson: false }),
      scopes: [expect.objectContaining({ scope: GROUP, missing: [], helpful: [] })],
    }),
  ]);
});

test('rights that cannot be read are "not checked", which is not good', async () => {
  grant({ actions: [], status: 403 });
  const { stdout, exit } = await ask('doctor', 'azure');
  expect(exit).toBe(1);
  expect(stdout).toMatch(/unknown +rights +group rg-shop-weu: not checked: denied: no right to read rights/);
  expect(stdout).not.toMatch(/ok +rights/);
});

test('a clock that is more than 30 s off, and locks, are findings; so is more than any action needs', async () => {
  grant({
    actions: ['*'],
    date: new Date(Date.now() - 120_000),
    locks: [
      { name: 'keep', level: 'CanNotDelete' },
      { name: 'still', level: 'ReadOnly' },
    ],
  });
  const { stdout, exit } = await ask('doctor', 'azure');
  expect(exit).toBe(1);
  expect(stdout).toMatch(/fail +clock +this computer is 1\d\d\.\d s ahead of Azure/);
  expect(stdout).toMatch(/ok +locks +group rg-shop-weu: CanNotDelete "keep": no action here is held by it/);
  expect(stdout).toMatch(/warn +locks +group rg-shop-weu: ReadOnly "still": azure.vm.deallocate@1, azure.vm.start@1 will be refused/);
  expect(stdout).toMatch(/warn +rights +group rg-shop-weu: more than any action needs: Microsoft.Authorization\/roleAssignments\/write/);
});

test('a sign-in that fails ends the examination with its reason', async () => {
  server.fault = { status: 401, error: 'invalid_client', description: 'AADSTS7000222: The provided client secret keys are expired.' };
  const { stdout, exit } = await ask('doctor', 'azure');
  expect(exit).toBe(1);
  expect(stdout).toMatch(
    /fail +identity +no token from the client-secret identity: the client secret has expired \(AADSTS7000222\); make a new one/,
  );
  expect(server.arm).toEqual([]);
});

test('a place that only a run will know is asked for by name', async () => {
  grant({ actions: ['*/read'] });
  const scope = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-shop-neu`;
  const { stdout, exit } = await ask('doctor', 'azure', '--scope', scope, '--action', 'azure.vm.get');
  expect([exit, stdout]).toEqual([0, expect.stringMatching(/ok +rights +group rg-shop-neu: 1 right for azure.vm.get@1, all granted/)]);
  expect((await ask('doctor', 'azure', '--scope', scope, '--action', 'azure.vm.strat')).stderr).toContain('there is no such action');
  expect((await ask('doctor', 'azure', '--action', 'azure.vm.get')).exit).toBe(2);
});

test('a plan is compared at the scopes of its machines, and nothing is changed', async () => {
  grant({ actions: ['*/read'] });
  const missing = await ask('plan', 'start-web', '--check-permissions');
  expect(missing.exit).toBe(1);
  expect(missing.stdout).toMatch(/MUTATES +start/);
  expect(missing.stdout).toMatch(/fail +rights +group rg-shop-weu: azure.vm.deallocate@1, azure.vm.start@1 will be refused/);
  expect(missing.stderr).toContain('a worker with another identity has other rights');
  grant({ actions: rightsOf('vm.get', 'vm.start', 'vm.deallocate') });
  expect((await ask('plan', 'start-web', '--check-permissions')).exit).toBe(0);
  expect(new Set(server.arm.map(({ method }) => method))).toEqual(new Set(['GET']));
});
