import fc from 'fast-check';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { apiClient } from '../../../cli/api-client.ts';
import { frameReader } from '../../../cli/event-stream.ts';
import { RunwardError } from '../../../engine/errors.ts';

const SEED = Number(process.env['SEED'] ?? 5);

describe('the event stream format', () => {
  test('fields, comments, ids, several data lines and all line ends', () => {
    const reader = frameReader();
    expect(reader.push('retry: 2000\n\n: still here\n\nid: 7\nevent: runward.step.moved\ndata: {"a":1,\ndata: "b":2}\n\n')).toEqual([
      { id: '7', event: 'runward.step.moved', data: '{"a":1,\n"b":2}' },
    ]);
    expect(reader.retryMs()).toBe(2000);
    expect(reader.push('data: x\r\n\r\ndata:y\r\rdata')).toMatchObject([{ data: 'x' }, { data: 'y' }]);
  });

  test(`the pieces in which it arrives make no difference (seed ${SEED})`, () => {
    const text = 'id: 1\r\nevent: a\r\ndata: {"x":"é"}\r\n\r\n: c\n\nid: 2\ndata: y\n\ndata: z\r\r';
    const whole = frameReader().push(`${text}\n`);
    const property = fc.property(fc.array(fc.nat({ max: text.length }), { maxLength: 10 }), (cuts) => {
      const reader = frameReader();
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      const frames = places.flatMap((from, at) => reader.push(text.slice(from, places[at + 1] ?? text.length)));
      expect([...frames, ...reader.push('\n')]).toEqual(whole);
    });
    fc.assert(property, { seed: SEED, numRuns: 300 });
  });
});

describe('the client', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  const serve = async (answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> => {
    server = createServer(answer);
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  test('a problem of the server becomes an error with its code and sentence', async () => {
    const baseUrl = await serve((_request, response) => {
      response.writeHead(403, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ code: 'ACCESS_SELF_APPROVAL', detail: 'somebody else must approve it' }));
    });
    const error = await apiClient({ baseUrl, token: undefined, fetch })
      .get('/runs')
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RunwardError);
    expect(error).toMatchObject({ code: 'ACCESS_SELF_APPROVAL', message: 'somebody else must approve it' });
  });

  test('the token is sent, a repeated POST keeps its key, and a redirect does not get the token', async () => {
    const seen: (readonly [string | undefined, string | undefined])[] = [];
    const baseUrl = await serve((request, response) => {
      seen.push([request.headers.authorization, request.headers['idempotency-key'] as string | undefined]);
      if (request.url === '/api/v1/away') response.writeHead(302, { location: '/api/v1/runs' }).end();
      else response.end('{"ok":true}');
    });
    const client = apiClient({ baseUrl, token: 'rw_x', fetch });
    await client.post('/runs', {}, 'key-1');
    await expect(client.get('/away')).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
    expect(seen).toEqual([
      ['Bearer rw_x', 'key-1'],
      ['Bearer rw_x', undefined],
    ]);
  });

  test('a lost stream is taken up again behind the last number, and nothing comes twice', async () => {
    const asked: (string | undefined)[] = [];
    const frame = (seq: number): string => `id: ${seq}\ndata: ${JSON.stringify({ seq, at: '', type: 't', data: {} })}\n\n`;
    const baseUrl = await serve((request, response) => {
      asked.push(request.headers['last-event-id'] as string | undefined);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (asked.length === 1) response.end(`retry: 1\n\n${frame(6)}${frame(7)}`);
      else if (asked.length === 2) response.end(`retry: 1\n\n${frame(7)}${frame(9)}`);
      else response.end(`${frame(8)}${frame(9)}event: end\ndata: {}\n\n`);
    });
    const seqs: number[] = [];
    for await (const event of apiClient({ baseUrl, token: undefined, fetch }).events('142', 5, new AbortController().signal))
      seqs.push(event.seq);
    expect(seqs).toEqual([6, 7, 8, 9]);
    expect(asked).toEqual(['5', '7', '7']);
  });

  test('a refusal of the stream is an error and is not repeated', async () => {
    const baseUrl = await serve((_request, response) =>
      response.writeHead(404).end(JSON.stringify({ code: 'NOT_FOUND_RUN', detail: 'no run 9' })),
    );
    const events = apiClient({ baseUrl, token: undefined, fetch }).events('9', 0, new AbortController().signal);
    await expect(events.next()).rejects.toMatchObject({ code: 'NOT_FOUND_RUN' });
  });
});
