import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openApiDocument } from '../../../server/contract.ts';
import { GREET } from './documents.ts';
import type { ServerWorld } from './server-world.ts';
import { makeServerWorld, newKey } from './server-world.ts';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1_000_000));
const CASES = 400;

interface Contract {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, unknown>> }>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

let world: ServerWorld;

beforeEach(async () => {
  world = await makeServerWorld({
    RUNWARD_WRITES_PER_MINUTE: '100000',
    RUNWARD_READS_PER_MINUTE: '1000000',
    RUNWARD_STARTS_PER_MINUTE: '100000',
  });
  await world.context.projects.publish([GREET]);
  const { id } = (await world.call('POST', '/api/v1/runs', { key: newKey(), body: { runbook: 'greet' } })).body;
  await world.work(id);
});

afterEach(() => world.close());

it('the contract is whole: every reference leads somewhere, every operation can answer with a problem', async () => {
  const contract = (await openApiDocument()) as unknown as Contract;
  expect(contract.openapi).toBe('3.1.0');
  const text = JSON.stringify(contract);
  for (const [, name = ''] of text.matchAll(/#\/components\/schemas\/(\w+)/g))
    expect(Object.keys(contract.components.schemas)).toContain(name);
  for (const [path, methods] of Object.entries(contract.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      expect([path, method, Object.keys(operation.responses)]).toEqual([path, method, expect.arrayContaining(['default'])]);
    }
  }
  expect((await world.call('GET', '/api/v1/openapi.json')).body).toMatchObject({ openapi: '3.1.0' });
});

it(`whatever is sent, the answer is never a server error (seed ${SEED})`, async () => {
  const { paths } = (await openApiDocument()) as unknown as Contract;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() })),
  );
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('1', 'greet', '1.go', 'operations', 'approve', '../../etc/passwd', '__proto__'),
  );
  const names = [
    'runbook',
    'inputs',
    'as',
    'planHash',
    'reason',
    'confirm',
    'files',
    'form',
    'name',
    'grants',
    'groups',
    'expiresIn',
    'owner',
  ];
  const body = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(fc.constantFrom(...names), fc.oneof(text, fc.jsonValue())),
    fc.record({
      files: fc.array(fc.record({ path: fc.constantFrom('runbooks/a.yaml', 'b'), text: fc.oneof(text, fc.constant(GREET.text)) }), {
        maxLength: 3,
      }),
    }),
    fc.record({ runbook: fc.constant('greet'), inputs: fc.dictionary(fc.constantFrom('who', 'x', '__proto__'), fc.jsonValue()) }),
  );
  const query = fc.dictionary(fc.constantFrom('limit', 'after', 'status', 'runbook', 'from', 'step', 'format', 'mine', 'wait'), text, {
    maxKeys: 2,
  });
  const request = fc.record({
    operation: fc.constantFrom(...operations),
    part: text,
    body,
    query,
    accept: fc.constantFrom('*/*', 'text/html'),
  });

  await fc.assert(
    fc.asyncProperty(request, async ({ operation, part, body: sent, query: asked, accept }) => {
      const url = `${operation.path.replaceAll(/\{\w+\}/g, encodeURIComponent(part) || 'x')}?${new URLSearchParams(asked).toString()}`;
      const answer = await world.app.inject({
        method: operation.method as 'POST',
        url,
        headers: { host: 'localhost', accept, 'content-type': 'application/json', 'idempotency-key': newKey() },
        ...(operation.method === 'GET' ? {} : { payload: JSON.stringify(sent) }),
      });
      expect([answer.statusCode < 500, `${operation.method} ${url} ${answer.statusCode} ${answer.body.slice(0, 300)}`]).toEqual([
        true,
        expect.any(String),
      ]);
      if (answer.statusCode >= 400)
        expect(answer.json()).toMatchObject({ status: answer.statusCode, code: expect.any(String), requestId: expect.any(String) });
    }),
    { seed: SEED, numRuns: CASES },
  );
});
