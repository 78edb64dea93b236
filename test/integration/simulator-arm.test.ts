import { request } from 'node:https';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClientSecretCredential } from '@azure/identity';
import { sdkClients } from '../support/azure-sdk.ts';
import { shopDrill } from '../support/shop-drill.ts';
import { manualClock, startSimulator } from '../support/simulator.ts';
import type { SdkClients } from '../support/azure-sdk.ts';
import type { ShopDrill } from '../support/shop-drill.ts';
import type { RunningSimulator } from '../support/simulator.ts';

let simulator: RunningSimulator;
let azure: SdkClients;
let drill: ShopDrill;

beforeAll(async () => {
  simulator = await startSimulator(manualClock());
  azure = sdkClients(simulator.ready);
  drill = shopDrill(azure, simulator);
});
afterAll(async () => simulator.stop());

const machines = (): string =>
  `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/rg-shop-weu/providers/Microsoft.Compute/virtualMachines`;
const code = (text: string): unknown => (JSON.parse(text) as { readonly error: { readonly code: string } }).error.code;

test('a request without a token, and one with a token of nobody, get 401 with a challenge', async () => {
  const bare = async (authorization?: string): Promise<{ readonly status: number; readonly challenge: string }> =>
    new Promise((resolve, reject) => {
      const headers = authorization === undefined ? {} : { authorization };
      const sent = request(
        `${simulator.ready.endpoint}${machines()}?api-version=2026-04-01`,
        { ca: readFileSync(simulator.ready.caFile), headers, agent: false },
        (answer) => {
          answer.resume();
          resolve({ status: answer.statusCode ?? 0, challenge: String(answer.headers['www-authenticate']) });
        },
      );
      sent.on('error', reject);
      sent.end();
    });
  expect(await bare()).toMatchObject({ status: 401, challenge: expect.stringContaining('Bearer') });
  expect(await bare('Bearer a.b.c')).toMatchObject({ status: 401 });
});

test('a wrong secret gets no token, and a client that does not know the certificate gets nothing', async () => {
  const ca = readFileSync(simulator.ready.caFile, 'utf8');
  const { tenantId, clientId, authorityHost } = simulator.ready;
  const options = { authorityHost, disableInstanceDiscovery: true, retryOptions: { maxRetries: 0 } };
  const wrong = new ClientSecretCredential(tenantId, clientId, 'not-the-secret', { ...options, tlsOptions: { ca } });
  await expect(wrong.getToken('https://management.azure.com/.default')).rejects.toThrow('AADSTS7000215');
  const blind = new ClientSecretCredential(tenantId, clientId, simulator.ready.clientSecret, options);
  await expect(blind.getToken('https://management.azure.com/.default')).rejects.toThrow();
});

test.each([
  { what: 'no version', path: '', status: 400, error: 'MissingApiVersionParameter' },
  { what: 'another version', path: '?api-version=2019-01-01', status: 400, error: 'InvalidApiVersionParameter' },
  { what: 'a machine that is not there', path: '/nobody?api-version=2026-04-01', status: 404, error: 'ResourceNotFound' },
  {
    what: 'an operation that is not served',
    path: '/web-01/generalize?api-version=2026-04-01',
    method: 'POST',
    status: 501,
    error: 'SimulatorNotImplemented',
  },
])('$what: $status $error', async ({ path, method = 'GET', status, error }) => {
  const answer = await azure.raw(method, `${machines()}${path}`);
  expect([answer.status, code(answer.text)]).toEqual([status, error]);
});

test('unknown places are told apart, and noted', async () => {
  const ask = async (path: string): Promise<unknown> => {
    const answer = await azure.raw('GET', path);
    return [answer.status, code(answer.text)];
  };
  const subscription = `/subscriptions/${simulator.ready.subscriptionId}`;
  const compute = `${subscription}/resourceGroups/rg-shop-weu/providers`;
  expect(await ask(`${compute}/Microsoft.Nothing/things/one?api-version=2026-04-01`)).toEqual([404, 'NoRegisteredProviderFound']);
  expect(await ask(`${compute}/Microsoft.Compute/things/one?api-version=2026-04-01`)).toEqual([404, 'InvalidResourceType']);
  expect(
    await ask(`${subscription}/resourceGroups/rg-nobody/providers/Microsoft.Compute/virtualMachines/x?api-version=2026-04-01`),
  ).toEqual([404, 'ResourceGroupNotFound']);
  expect(
    await ask(`/subscriptions/00000000-0000-4000-8000-000000000000/providers/Microsoft.Compute/virtualMachines?api-version=2026-04-01`),
  ).toEqual([404, 'SubscriptionNotFound']);
  const { requests } = (await simulator.control('unmatched')) as { readonly requests: readonly { readonly reason: string }[] };
  expect(requests.map((each) => each.reason)).toEqual(
    expect.arrayContaining(['unknown provider', 'unknown resource type', 'not served', 'no api-version']),
  );
});

test.each([
  { what: 'no properties', body: {} },
  { what: 'an unknown property', body: { properties: { netId: 'x' } } },
  {
    what: 'another provider',
    body: { properties: { networkType: 'VmNetworkAsInput', providerSpecificDetails: { instanceType: 'InMage' } } },
  },
])('a body with $what is refused before anything happens', async ({ body }) => {
  const answer = await azure.raw('POST', `${drill.itemPath('web-01')}/testFailover?api-version=2023-06-01`, { body });
  expect([answer.status, code(answer.text)]).toEqual([400, 'InvalidRequestContent']);
  expect((await simulator.ledger()).at(-1)).toMatchObject({ effect: 'refused', status: 400 });
  expect(await drill.allowed('web-01')).toContain('TestFailover');
  const { requests } = (await simulator.control('unmatched')) as { readonly requests: readonly object[] };
  expect(requests.at(-1)).toMatchObject({ method: 'POST', reason: expect.stringMatching(/^body: '.+' Path 'properties/) as string });
});

test('a network that is not there or lies in another region is refused', async () => {
  expect((await drill.test('web-01', { networkId: drill.network('rg-dr-test', 'vnet-nobody') })).status).toBe(404);
  expect((await drill.test('web-01', { networkId: drill.network('rg-shop-weu', 'vnet-shop-weu') })).status).toBe(400);
});

test('every answer carries the ids of Azure, and ids in answers are not spelled as they were asked', async () => {
  const answer = await azure.raw('GET', `${machines()}/web-01?api-version=2026-04-01&$expand=instanceView`, {
    headers: { 'x-ms-client-request-id': 'mine' },
  });
  expect(answer.headers).toMatchObject({ 'x-ms-client-request-id': 'mine', server: 'runward-simulator' });
  for (const name of [
    'x-ms-request-id',
    'x-ms-correlation-request-id',
    'x-ms-routing-request-id',
    'date',
    'x-ms-ratelimit-remaining-resource',
  ])
    expect(answer.headers).toHaveProperty(name);
  const { id } = JSON.parse(answer.text) as { readonly id: string };
  expect(id).not.toBe(`${machines()}/web-01`);
  expect(id.toLowerCase()).toBe(`${machines()}/web-01`.toLowerCase());
});

test('the list of jobs is late and poor, and knows the filter of Site Recovery', async () => {
  const { nowMs: sinceMs } = (await simulator.control('clock')) as { readonly nowMs: number };
  const answer = await drill.test('web-02', { requestId: 'bbbbbbbb-0000-4000-8000-000000000001' });
  const id = String(answer.headers['x-ms-request-id']).split(', ')[0]?.split('/').at(-1) ?? '';
  const list = async (filter: string): Promise<readonly { readonly name?: string; readonly properties?: object }[]> => {
    const found = [];
    for await (const job of azure.siteRecovery.replicationJobs.list('rsv-dr-weu', 'rg-dr-weu', { filter })) found.push(job);
    return found;
  };
  const range = (fromMs: number, toMs: number): string =>
    `startTime eq '${new Date(fromMs).toISOString()}' and endTime eq '${new Date(toMs).toISOString()}'`;
  await simulator.until(async () => (await list(range(sinceMs - 1000, sinceMs + 60_000))).some((job) => job.name === id));
  const found = (await list(range(sinceMs - 1000, sinceMs + 60_000))).find((job) => job.name === id);
  expect(found?.properties).toMatchObject({ tasks: [] });
  expect(found?.properties).not.toHaveProperty('activityId', expect.stringContaining('bbbbbbbb'));
  expect(await list(range(sinceMs - 60_000, sinceMs - 30_000))).toEqual([]);
  const broken = await azure.raw('GET', `${drill.vaultPath}/replicationJobs?api-version=2023-06-01&$filter=startTime%20lt%20%27x%27`);
  expect([broken.status, code(broken.text)]).toEqual([400, 'InvalidFilter']);
});

test('the control API refuses who has no token', async () => {
  expect((await fetch(`${simulator.ready.control}/control/ledger`)).status).toBe(401);
  expect((await fetch(`${simulator.ready.control}/control/ledger`, { headers: { authorization: 'Bearer x' } })).status).toBe(401);
});
