import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Azure } from '../../engine/azure-calls.ts';
import type { AzureServer } from './azure-server.ts';
import { startAzureServer } from './azure-server.ts';
import { COMPUTE_FORMS } from './azure-compute-forms.ts';
import { NETWORK_FORMS } from './azure-network-forms.ts';
import { SETTINGS } from './azure-read-form.ts';
import { RECOVERY_FORMS } from './azure-recovery-forms.ts';
import { RESOURCE_FORMS } from './azure-resource-forms.ts';

/** Every question whose exact form stands in no other test. */
const READ_FORMS = [...COMPUTE_FORMS, ...NETWORK_FORMS, ...RESOURCE_FORMS, ...RECOVERY_FORMS];
const { signal } = new AbortController();

let server: AzureServer;
let azure: Azure;
beforeAll(async () => {
  server = await startAzureServer();
  azure = server.connect(SETTINGS);
});
afterAll(() => server.close());

describe.each(READ_FORMS.map((form) => [form.query.kind, form] as const))('%s', (_kind, { query, requests, readings }) => {
  /** What is made of these answers, one for each request. */
  const reading = async (bodies: readonly unknown[]) => {
    const texts = bodies.map((body) => JSON.parse(JSON.stringify(body).replaceAll('ORIGIN', server.origin)) as unknown);
    server.answer((_request, index) => ({ status: 200, body: texts[index] ?? {} }));
    return azure.read(query, signal);
  };
  const [usual] = readings;

  test('AZ-09: asks with GET, each name in its place, one request for each answer', async () => {
    await reading(usual?.bodies ?? []);
    expect(server.seen).toHaveLength(usual?.bodies.length ?? 0);
    for (const [index, { path, query: parameters }] of requests.entries()) {
      const seen = server.seen[index];
      expect(seen).toMatchObject({ method: 'GET', body: '' });
      expect(decodeURIComponent(seen?.path ?? '')).toBe(path);
      const expected = Object.entries(parameters).map(([name, text]) => [
        name,
        typeof text === 'string' ? text : (expect.stringMatching(text) as string),
      ]);
      expect(Object.fromEntries(seen?.query ?? [])).toEqual(Object.fromEntries(expected));
    }
  });

  test.each(readings.map((one) => [one.name, one] as const))('%s', async (_name, { bodies, answer }) => {
    expect(await reading(bodies)).toMatchObject(answer);
    expect(server.seen).toHaveLength(bodies.length);
  });

  test.each([
    [404, 'missing'],
    [403, 'denied'],
  ])('HTTP %i is final: %s', async (status, kind) => {
    server.answer(() => ({ status, body: { error: { code: 'TheCode', message: 'the reason' } } }));
    expect(await azure.read(query, signal)).toMatchObject({ kind, message: 'the reason' });
    expect(server.seen).toHaveLength(1);
  });

  test('an empty object is no answer', async () => {
    expect(await reading([{}])).toMatchObject({ kind: 'unanswered' });
  });
});
