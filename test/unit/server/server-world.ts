import { createHash, generateKeyPairSync, randomBytes, randomUUID, sign, verify } from 'node:crypto';
import { makeMemoryStore } from '../../../adapters/memory/store.ts';
import { actions } from '../../../engine/actions/registry.ts';
import type { Grant } from '../../../engine/access/decide.ts';
import { EVERYWHERE } from '../../../engine/access/decide.ts';
import type { Granted } from '../../../engine/access/roles.ts';
import { makeToken } from '../../../engine/access/tokens.ts';
import type { Crypto } from '../../../engine/evidence/verify.ts';
import { parseConfig } from '../../../engine/config.ts';
import type { RunId } from '../../../engine/ids.ts';
import type { Ids, Ports, Signer } from '../../../engine/ports.ts';
import { advance } from '../../../engine/run/advance.ts';
import { LEASE_TIMES } from '../../../engine/run/holder.ts';
import { assemble } from '../../../server/serve.ts';

/** A server over the store in memory, with a clock that only the test moves, and a worker that only the test lets work. */
export type ServerWorld = Awaited<ReturnType<typeof makeServerWorld>>;

const START_MS = Date.UTC(2026, 0, 15, 9);

/** An answer with its body read as JSON (text where it is none). */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // The tests look into bodies of every shape; what a body must be is what they assert.
  // oxlint-disable-next-line typescript/no-explicit-any -- see above
  readonly body: any;
  readonly text: string;
}

export interface Call {
  readonly token?: string;
  readonly body?: unknown;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function makeServerWorld(env: Readonly<Record<string, string>> = {}) {
  const clock = makeClock();
  const { signer, publicKey, crypto } = makeSigner();
  const woken: RunId[] = [];
  const ports = {
    store: makeMemoryStore({ nowMs: clock.nowMs, sleep: clock.sleep }),
    queue: { wake: async (runId: RunId) => void woken.push(runId) },
    azure: refuse('azure'),
    ids,
    clock,
    signer,
    random: () => 0.5,
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  };
  const config = parseConfig({ RUNWARD_AZURE_ARM_ENDPOINT: 'https://127.0.0.1:9', RUNWARD_STARTS_PER_MINUTE: '1000', ...env });
  const { app, context, close } = await assemble({ config, ports, publicKey, version: '0.1.0' });

  const call = async (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    { token, body, key, headers }: Call = {},
  ): Promise<Answer> => {
    const response = await app.inject({
      method,
      url,
      headers: {
        host: '127.0.0.1:7080',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    const isJson = /json/.test(String(response.headers['content-type']));
    return { status: response.statusCode, headers: response.headers, body: isJson ? response.json() : response.body, text: response.body };
  };

  return {
    app,
    context,
    close,
    call,
    clock,
    ports,
    woken,
    crypto,
    publicKey,
    /** Stores a token of a person and answers its text. */
    token: (
      owner: string,
      roles: readonly Granted[],
      more: { readonly groups?: readonly string[]; readonly scope?: Grant['scope'] } = {},
    ) => storeToken(ports, { owner, roles, ...more }),
    /** Lets a worker work on a run until nothing more is to be done now. */
    work: (runId: string) => workOn(ports, runId),
  };
}

/** An idempotency key that was never used. */
export function newKey(): string {
  return randomUUID();
}

const ids: Ids = {
  newRunId: () => randomUUID() as RunId,
  newToken: () => randomBytes(16).toString('hex'),
  sha256: (text) => createHash('sha256').update(text).digest('hex'),
  uuid5: (...parts) => {
    const hex = createHash('sha1').update(JSON.stringify(parts)).digest('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  },
};

function makeClock() {
  let nowMs = START_MS;
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    // Time stands still here: whoever waits is told at the next turn of the event loop that the time is over.
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        if (signal?.aborted === true) return resolve();
        setImmediate(() => {
          nowMs += signal?.aborted === true ? 0 : Math.min(ms, 10);
          resolve();
        });
      }),
    move: (ms: number) => {
      nowMs += ms;
    },
  };
}

function makeSigner(): { readonly signer: Signer; readonly publicKey: string; readonly crypto: Crypto } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const signer: Signer = {
    sign: (text) => ({ keyId: 'test', value: sign(null, Buffer.from(text), privateKey).toString('base64') }),
    verify: (text, { value }) => verify(null, Buffer.from(text), publicKey, Buffer.from(value, 'base64')),
  };
  const crypto: Crypto = {
    sha256: ids.sha256,
    verify: (pem, text, value) => verify(null, Buffer.from(text), pem, Buffer.from(value, 'base64')),
    keyId: () => 'test',
  };
  return { signer, crypto, publicKey: String(publicKey.export({ type: 'spki', format: 'pem' })) };
}

async function storeToken(
  ports: Pick<Ports, 'store' | 'ids'>,
  wanted: { owner: string; roles: readonly Granted[]; groups?: readonly string[]; scope?: Grant['scope'] },
): Promise<string> {
  const grants = wanted.roles.map((role) => ({ role, scope: wanted.scope ?? EVERYWHERE }));
  const request = {
    owner: wanted.owner,
    name: 'test',
    groups: [...(wanted.groups ?? [])],
    grants,
    createdAtMs: START_MS,
    expiresAtMs: START_MS + 86_400_000,
  };
  const { text, stored } = makeToken(ports.ids.sha256, randomBytes(38).toString('hex'), request);
  await ports.store.putToken(stored.id, stored);
  return text;
}

/** Lets a worker work on a run; steps that touch the outside are not expected. */
export async function workOn(
  ports: Omit<Ports, 'shell' | 'http' | 'tls' | 'dns' | 'channels' | 'secrets' | 'tickets'>,
  runId: string,
): Promise<void> {
  const closed = { shell: refuse('shell'), http: refuse('http'), tls: refuse('tls'), dns: refuse('dns') };
  const kept = { channels: refuse('channels'), secrets: refuse('secrets'), tickets: refuse('tickets') };
  const engine = {
    ports: { ...ports, ...closed, ...kept },
    actions,
    script: () => {
      throw new Error('no script is run here');
    },
    times: LEASE_TIMES,
    stops: { now: () => ({ freezes: [] }) },
    timeScale: 1,
    worker: 'worker-1',
  };
  await advance(engine, runId as RunId, new AbortController().signal);
}

// What a test does not need must not be reached: the first touch says so.
function refuse(name: string): never {
  const trap = {
    get: (_: object, key: string | symbol) => {
      throw new Error(`${name}.${String(key)} was touched`);
    },
  };
  return new Proxy({}, trap) as never;
}
