import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAzure } from '../../adapters/azure/azure.ts';
import type { AzureServer, Reply } from './azure-server.ts';
import { accepted, startAzureServer } from './azure-server.ts';
import { ITEM, NETWORK, OPERATION_KINDS, REQUEST_ROWS, VAULT, VM } from './azure-requests.ts';

const REQUEST_ID = '11111111-2222-5333-8444-555555555555';
const rowsByName = REQUEST_ROWS.map((row, index) => [`${row.operation.kind} #${index}`, row] as const);
const signal = new AbortController().signal;

let server: AzureServer;
beforeAll(async () => {
  server = await startAzureServer();
});
afterAll(() => server.close());

describe.each(rowsByName)('%s', (_name, row) => {
  const submit = (reply: (index: number) => Reply, requestTimeoutMs?: number) => {
    server.answer((_request, index) => reply(index));
    const azure = server.connect(requestTimeoutMs === undefined ? {} : { requestTimeoutMs });
    return azure.submit(row.operation, REQUEST_ID, signal);
  };

  test('AZ-09: sends one request of the documented shape, each name in its place', async () => {
    const opUrl = `${server.origin}/operations/1?t=2026-01-05T09%3a00%3a00`;
    const answer = await submit(() => accepted({ 'azure-asyncoperation': opUrl, location: opUrl }));
    expect(answer).toMatchObject({ kind: 'accepted', handle: { opUrl }, retryAfterMs: 30_000 });
    expect(server.seen).toHaveLength(1);
    const [request] = server.seen;
    expect(request?.method).toBe(row.method);
    expect(request?.path).toBe(row.path);
    expect([...(request?.query ?? [])]).toEqual([['api-version', row.version]]);
    expect(request?.body ? JSON.parse(request.body) : undefined).toEqual(row.body);
    expect(request?.headers).toMatchObject(row.headers ?? {});
    expect(request?.headers['x-ms-client-request-id']).toBe(REQUEST_ID);
    expect(request?.headers['user-agent']).toMatch(/^runward\/0\.0\.0-test /);
  });

  const lost: readonly (readonly [string, Reply])[] = [
    ['500', { status: 500, body: { error: { code: 'InternalServerError', message: 'try later' } } }],
    ['503', { status: 503, headers: { 'retry-after': '0' } }],
    ['502 page', { status: 502, body: '<html>bad gateway</html>' }],
    ['202 page', { status: 202, body: '<html>signed in?</html>' }],
    ['408', { status: 408 }],
    ['reset', 'reset'],
    ['307', { status: 307, headers: { location: '/elsewhere' } }],
  ];
  test.each(lost)('AZ-01 AZ-04: asks once and claims nothing after %s', async (_case, reply) => {
    expect(await submit(() => reply)).toMatchObject({ kind: 'ambiguous' });
    expect(server.seen).toHaveLength(1);
  });

  test('AZ-01: asks once and claims nothing when no answer comes in time', async () => {
    expect(await submit(() => 'silence', 400)).toMatchObject({ kind: 'ambiguous' });
    expect(server.seen).toHaveLength(1);
  });

  test('AZ-01: asks once when throttled and keeps the time to wait', async () => {
    const answer = await submit(() => ({ status: 429, headers: { 'retry-after': '17' }, body: { error: { code: 'TooManyRequests' } } }));
    expect(answer).toMatchObject({ kind: 'throttled', retryAfterMs: 17_000 });
    expect(server.seen).toHaveLength(1);
  });

  test('AZ-41: repeats only a request that was refused with a claims challenge', async () => {
    const claims = Buffer.from('{"access_token":{"nbf":{"essential":true}}}').toString('base64');
    const challenge = `Bearer error="insufficient_claims", claims="${claims}"`;
    const answer = await submit((index) =>
      index === 0 ? { status: 401, headers: { 'www-authenticate': challenge } } : accepted({ location: `${server.origin}/operations/2` }),
    );
    expect(answer).toMatchObject({ kind: 'accepted' });
    expect(server.seen).toHaveLength(2);
  });
});

const refusals: readonly (readonly [number, string, string])[] = [
  [403, 'AuthorizationFailed', 'denied'],
  [404, 'ResourceNotFound', 'missing'],
  [409, 'ScopeLocked', 'locked'],
  [409, 'AnotherOperationInProgress', 'conflict'],
  [412, 'PreconditionFailed', 'exists'],
  [400, 'BadRequest', 'invalid'],
];
test.each(refusals)('AZ-34: HTTP %i %s is refused: %s', async (status, code, reason) => {
  server.answer(() => ({ status, body: { error: { code, message: 'no' } } }));
  const answer = await server.connect().submit({ kind: 'vm.start', vmId: VM }, REQUEST_ID, signal);
  expect(answer).toMatchObject({ kind: 'refused', reason, code });
  expect(server.seen).toHaveLength(1);
});

test('every operation has its row', () => {
  expect(OPERATION_KINDS.filter((kind) => !REQUEST_ROWS.some(({ operation }) => operation.kind === kind))).toEqual([]);
});

test('no operation goes by the run command without a name, and none leaves a machine off in its place', () => {
  const verbs = REQUEST_ROWS.map(({ path }) => path.split('/').at(-1));
  expect(verbs).toContain('deallocate');
  expect(verbs.filter((verb) => verb === 'runCommand' || verb === 'powerOff')).toEqual([]);
});

describe('an SDK that fails after the work was accepted', () => {
  const failover = { kind: 'sr.testFailover', itemId: ITEM, networkId: NETWORK } as const;
  const accept = (reply: Reply) => {
    server.answer((_request, index) => (index === 0 ? reply : { status: 500 }));
    return server.connect().submit(failover, REQUEST_ID, signal);
  };

  test('AZ-05: what was captured is the outcome, and the poll that the SDK adds never leaves', async () => {
    const opUrl = `${server.origin}/operations/1`;
    expect(await accept(accepted({ 'azure-asyncoperation': opUrl }))).toMatchObject({ kind: 'accepted', handle: { opUrl } });
    expect(server.seen).toHaveLength(1);
  });

  test('AZ-05 AZ-07: a 202 without any header is accepted work, followed by its target', async () => {
    expect(await accept({ status: 202 })).toMatchObject({ kind: 'accepted', handle: {} });
    expect(server.seen).toHaveLength(1);
  });

  test('AZ-02: an operation URL on a foreign host is kept as a fact, and no token goes there', async () => {
    const opUrl = 'https://evil.invalid/operations/1';
    const answer = await accept(accepted({ 'azure-asyncoperation': opUrl, location: opUrl }));
    expect(answer).toMatchObject({ kind: 'accepted', handle: { opUrl } });
    expect(await server.connect().poll({ opUrl }, signal)).toMatchObject({
      kind: 'unanswered',
      message: expect.stringContaining('evil.invalid'),
    });
    expect(server.seen).toHaveLength(1);
  });

  test('AZ-36: signed URLs of three thousand characters each come back byte for byte', async () => {
    const signed = (path: string): string =>
      `${server.origin}/${path}?t=2026-01-05T09%3a00%3a00&c=${'aB3%2f'.repeat(480)}&s=${'x'.repeat(300)}`;
    const [opUrl, location] = [signed('operations/1'), signed('results/1')];
    const answer = await accept(accepted({ 'azure-asyncoperation': opUrl, location }));
    expect(answer).toMatchObject({ kind: 'accepted', handle: { opUrl } });
    server.answer(() => ({ status: 200, body: { status: 'InProgress' } }));
    await server.connect().poll({ opUrl }, signal);
    expect(server.seen[0]?.rawUrl).toBe(opUrl.slice(server.origin.length));
  });
});

test('AZ-18: a planned move is a failover that shuts the source down; a planned failover does not exist', async () => {
  expect(OPERATION_KINDS.filter((kind) => /planned/i.test(kind))).toEqual([]);
  server.answer(() => accepted({ location: `${server.origin}/operations/3` }));
  const move = REQUEST_ROWS.find(({ operation }) => operation.kind === 'sr.plan.failover');
  if (move === undefined) throw new Error('a plan can be failed over');
  await server.connect().submit(move.operation, REQUEST_ID, signal);
  expect(server.seen.map(({ path }) => path.split('/').at(-1))).toEqual(['unplannedFailover']);
  expect(server.seen[0]?.body).toContain('"sourceSiteOperations":"Required"');
});

test('AZ-10: reads flat error bodies of Site Recovery, whose code the SDK loses', async () => {
  server.answer(() => ({ status: 400, body: { code: '28031', message: 'Virtual machine could not be created.' } }));
  const answer = await server.connect().submit({ kind: 'sr.testFailover', itemId: ITEM, networkId: NETWORK }, REQUEST_ID, signal);
  expect(answer).toMatchObject({ kind: 'refused', code: '28031', message: 'Virtual machine could not be created.' });
});

test('AZ-11: takes the job of Site Recovery from the request id that comes twice', async () => {
  const job = `${VAULT}/replicationJobs/aaaaaaaa-0000-4000-8000-000000000001`;
  server.answer(() => accepted({ 'x-ms-request-id': [job, job], 'azure-asyncoperation': `${server.origin}/op` }));
  const answer = await server.connect().submit({ kind: 'sr.testFailover', itemId: ITEM, networkId: NETWORK }, REQUEST_ID, signal);
  expect(answer).toMatchObject({ kind: 'accepted', handle: { jobId: job }, receipt: { requestId: job } });
});

test('AZ-11: takes the job of Site Recovery from the operation URL when the header is missing', async () => {
  server.answer(() =>
    accepted({ 'azure-asyncoperation': `${server.origin}${VAULT}/replicationOperationStatus/aaaa-1?api-version=2022-08-01` }),
  );
  const answer = await server.connect().submit({ kind: 'sr.testFailover', itemId: ITEM, networkId: NETWORK }, REQUEST_ID, signal);
  expect(answer).toMatchObject({ kind: 'accepted', handle: { jobId: `${VAULT}/replicationJobs/aaaa-1` } });
});

describe('nothing was sent', () => {
  test.each([
    ['connection refused', 'https://localhost:1'],
    ['unknown host', 'https://nowhere.invalid'],
  ])('%s', async (_case, endpoint) => {
    server.answer(() => ({ status: 500 }));
    const answer = await server.connect({ endpoint }).submit({ kind: 'vm.start', vmId: VM }, REQUEST_ID, signal);
    expect(answer).toMatchObject({ kind: 'not_sent' });
    expect(server.seen).toHaveLength(0);
  });

  test('an authority that is not trusted', async () => {
    server.answer(() => ({ status: 500 }));
    // The certificate names localhost and 127.0.0.1, not this alias of loopback.
    const endpoint = server.origin.replace('localhost', '127.0.0.2');
    const answer = await server.connect({ endpoint }).submit({ kind: 'vm.start', vmId: VM }, REQUEST_ID, signal);
    expect(answer).toMatchObject({ kind: 'not_sent' });
    expect(server.seen).toHaveLength(0);
  });

  test('an authority file that cannot be read', async () => {
    const azure = createAzure({
      armEndpoint: server.origin,
      authorityHost: server.origin,
      caFile: '/nowhere/ca.pem',
      credential: { kind: 'client-secret', tenantId: 't', clientId: 'c', clientSecret: 's' },
      version: '0.0.0-test',
    });
    expect(await azure.submit({ kind: 'vm.start', vmId: VM }, REQUEST_ID, signal)).toMatchObject({ kind: 'not_sent' });
    expect(await azure.read({ kind: 'vm.get', vmId: VM }, signal)).toMatchObject({ kind: 'unanswered' });
  });

  test('an id that is not that of a machine', async () => {
    server.answer(() => ({ status: 500 }));
    const answer = await server.connect().submit({ kind: 'vm.start', vmId: ITEM }, REQUEST_ID, signal);
    expect(answer).toMatchObject({ kind: 'not_sent' });
    expect(server.seen).toHaveLength(0);
  });
});

test('AZ-41: a refused token is fetched anew once; refused again it is final', async () => {
  server.answer(() => ({ status: 401, body: { error: { code: 'ExpiredAuthenticationToken', message: 'expired' } } }));
  const azure = server.connect();
  const start = () => azure.submit({ kind: 'vm.start', vmId: VM }, REQUEST_ID, signal);
  expect(await start()).toMatchObject({ kind: 'not_sent' });
  expect(await start()).toMatchObject({ kind: 'refused', reason: 'denied' });
  expect(server.seen).toHaveLength(2);
  expect(server.tokensIssued).toBe(2);
});

test('tokens never travel in plain text', () => {
  expect(() => server.connect({ endpoint: 'http://localhost:1' })).toThrow('must be an https URL');
});
