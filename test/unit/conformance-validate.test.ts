import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judge } from '../conformance/judge.ts';
import { lostFields } from '../conformance/lossless.ts';
import { readRecordings } from '../conformance/recordings.ts';
import { validate } from '../conformance/validate.ts';
import type { Exchange } from '../conformance/capture.ts';
import type { Schema, Service, SpecOperation } from '../conformance/swagger.ts';

const definitions: Readonly<Record<string, Schema>> = {
  Thing: {
    type: 'object',
    required: ['name', 'details'],
    properties: {
      name: { type: 'string', maxLength: 5 },
      id: { type: 'string', readOnly: true },
      at: { type: 'string', format: 'date-time' },
      count: { type: 'integer', maximum: 9 },
      mode: { type: 'string', enum: ['On', 'Off'] },
      colour: { type: 'string', enum: ['Red'], 'x-ms-enum': { modelAsString: true } },
      tags: { type: 'object', additionalProperties: { type: 'string' } },
      parts: { type: 'array', maxItems: 2, items: { $ref: '#/definitions/Part' } },
      details: { $ref: '#/definitions/Details' },
    },
  },
  Part: { type: 'object', properties: { size: { type: 'number' } } },
  Details: { type: 'object', required: ['kind'], discriminator: 'kind', properties: { kind: { type: 'string' } } },
  Round: {
    allOf: [{ $ref: '#/definitions/Details' }],
    required: ['radius'],
    properties: { radius: { type: 'number' } },
    'x-ms-discriminator-value': 'round',
  },
};
const operations: SpecOperation[] = [];
const service: Service = { name: 'things', folder: '', version: '2023-06-01', definitions, closed: true, operations };
operations.push({
  service,
  operationId: 'Things_Put',
  method: 'PUT',
  path: '/things/{name}',
  parameters: [
    { name: 'api-version', in: 'query', required: true },
    { name: 'thing', in: 'body', required: true, schema: { $ref: '#/definitions/Thing' } },
  ],
  responses: { 200: { schema: { $ref: '#/definitions/Thing' } }, 202: {} },
  longRunning: true,
  pageable: false,
  examples: [],
});

const good = { name: 'one', details: { kind: 'round', radius: 1 } };
const rules = (value: unknown, closed = true, direction: 'request' | 'answer' = 'answer'): readonly string[] =>
  validate({ $ref: '#/definitions/Thing' }, value, { service: { ...service, closed }, direction }).map(
    ({ pointer, rule }) => `${pointer} ${rule}`,
  );

describe('the validator of published specifications', () => {
  it.each([
    ['a type', { ...good, count: 'x' }, '/count type'],
    ['a whole number', { ...good, count: 1.5 }, '/count type'],
    ['a bound', { ...good, count: 10 }, '/count maximum'],
    ['a length', { ...good, name: 'too long' }, '/name maxLength'],
    ['a time', { ...good, at: 'yesterday' }, '/at time'],
    ['a closed enumeration', { ...good, mode: 'Maybe' }, '/mode enum'],
    ['a property nobody knows', { ...good, extra: 1 }, '/extra unknown'],
    ['what a map holds', { ...good, tags: { a: 1 } }, '/tags/a type'],
    ['what a list holds', { ...good, parts: [{ size: 1 }, { size: 'x' }] }, '/parts/1/size type'],
    ['the length of a list', { ...good, parts: [{}, {}, {}] }, '/parts maxItems'],
    ['null where a value is required', { ...good, name: null }, '/ required'],
    ['a required property of a subtype', { ...good, details: { kind: 'round' } }, '/details required'],
    ['an unknown property of a subtype', { ...good, details: { kind: 'round', radius: 1, depth: 2 } }, '/details/depth unknown'],
  ])('finds %s', (_what, value, found) => {
    expect(rules(value)).toEqual([found]);
  });

  it('lets pass what services do send', () => {
    expect(rules({ ...good, at: '2023-08-29T01:54:23.6816381Z', colour: 'Blue', mode: 'off', id: null, parts: null })).toEqual([]);
    expect(rules({ ...good, extra: 1 }, false)).toEqual([]);
    expect(rules({ ...good, id: 7 }, true, 'request')).toEqual([]);
    expect(rules({ ...good, id: 7 })).toEqual(['/id type']);
  });
});

describe('the judge', () => {
  const ids = { 'x-ms-request-id': 'a', 'x-ms-correlation-request-id': 'b', 'x-ms-routing-request-id': 'c', date: 'd' };
  const exchange = (more: Partial<Exchange>): Exchange => ({
    via: 'sdk',
    method: 'PUT',
    path: '/things/one',
    query: new URLSearchParams('api-version=2023-06-01'),
    sent: good,
    status: 200,
    headers: { ...ids, 'content-type': 'application/json; charset=utf-8' },
    answer: good,
    ...more,
  });
  const found = (more: Partial<Exchange>): readonly string[] =>
    judge([exchange(more)], { services: [service], known: [] }).problems.map(({ where, pointer, rule }) => `${where} ${pointer} ${rule}`);

  it('is content with what is as published', () => {
    expect(found({})).toEqual([]);
    const accepted = { ...ids, 'azure-asyncoperation': 'https://localhost/x', 'retry-after': '30' };
    expect(found({ status: 202, headers: accepted, answer: undefined })).toEqual([]);
  });

  it.each<[string, Partial<Exchange>, string]>([
    ['another version', { query: new URLSearchParams('api-version=2020-01-01') }, 'request /api-version version'],
    ['an unknown parameter', { query: new URLSearchParams('api-version=2023-06-01&x=1') }, 'request /x query'],
    ['a missing body', { sent: undefined }, 'request / body'],
    ['a wrong body', { sent: { ...good, count: 'x' } }, 'request /count type'],
    ['a wrong answer', { answer: { ...good, count: 'x' } }, 'answer 200 /count type'],
    ['a status nobody published', { status: 204, answer: undefined }, 'answer 204 / status'],
    ['an error without a code', { status: 409, answer: { error: { message: 'x' } } }, 'answer 409 /error/code error'],
    ['a missing header', { headers: { ...ids, date: undefined } as never, answer: undefined, status: 202 }, 'answer 202 /date header'],
    ['an unknown path', { path: '/nothings/one' }, 'request / path'],
  ])('finds %s', (_what, more, expected) => {
    expect(found(more)).toContain(expected);
  });
});

describe('what an SDK loses', () => {
  it('is named by its place', () => {
    expect(lostFields({ a: { b: 1, c: [1, 2] }, n: null }, { a: { b: 1, c: [1] } })).toEqual(['/a/c/1']);
    expect(lostFields({ properties: { at: '2023-08-29T01:54:23.6816381Z' } }, { at: new Date('2023-08-29T01:54:23.681Z') })).toEqual([]);
  });
});

describe('a recording of another client', () => {
  it('is judged like what was driven, without what a fault has answered', () => {
    const folder = mkdtempSync(join(tmpdir(), 'runward-recordings-'));
    const request = { method: 'PUT', path: '/things/one', query: 'api-version=2023-06-01', clientRequestId: 'c', body: good };
    const answered = (body: unknown, more: object = {}): string =>
      JSON.stringify({ request, response: { status: 200, headers: {}, body }, ...more });
    const lines = [answered(good), answered('<<not json>>', { fault: 'f' }), answered({ ...good, count: 'x' })];
    mkdirSync(join(folder, 'one'));
    writeFileSync(join(folder, 'one', 'exchanges.jsonl'), `${lines.join('\n')}\n`);
    const { problems } = judge(readRecordings(folder), { services: [service], known: [] });
    rmSync(folder, { recursive: true });
    expect(problems.map(({ where, pointer, rule }) => `${where} ${pointer} ${rule}`)).toEqual(['answer 200 /count type']);
  });
});
