import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ApiClient, apiClient } from '../../cli/api-client.ts';
import type { Child } from '../../cli/child-process.ts';
import type { RunSummary } from '../../engine/run/summary.ts';
import { makeDice } from '../../adapters/memory/dice.ts';
import { lacks } from '../support/lacks.ts';
import { type PostgresPair, type PostgresServer, startPostgresPair } from '../support/postgres.ts';
import { progress } from '../support/shipped-stage.ts';
import { kill } from '../support/shipped-troubles.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { type Watch, watchWrites } from '../support/two-writers.ts';
import { until } from '../support/until.ts';

const missing = lacks('redis-server') || lacks('postgresql');
const RUNBOOK = join(import.meta.dirname, '..', '..', 'runbooks', 'postgres-switchover.yaml');
const ENDED_MS = 120_000;
const KILLS = Number(process.env['KILL_MOMENTS'] ?? 1);
const SEED = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000);

describe.skipIf(missing)('the shipped switchover, over two real servers', () => {
  let knownHosts: string;
  let folder: string;
  let stack: TestStack;
  let worker: Child;
  let approver: ApiClient;
  let pair: PostgresPair;
  let watch: Watch;
  let old: PostgresServer;
  let standby: PostgresServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'runward-switchover-'));
    knownHosts = join(folder, 'known_hosts');
    stack = await startTestStack({ scale: 200, leaseMs: 2_000, settings: { RUNWARD_SSH_KNOWN_HOSTS_FILE: knownHosts } });
    const grants = [{ role: 'approver', runbook: '*', environment: '*' }];
    const made = await stack.client.post<{ token: string }>(
      '/tokens',
      { name: 'switchover', owner: 'dana', groups: ['dba'], grants },
      randomUUID(),
    );
    approver = apiClient({ baseUrl: stack.client.baseUrl, token: made.token, fetch });
    worker = await stack.startWorker();
  });
  afterAll(async () => {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    pair = await startPostgresPair(['orders-db-1', 'orders-db-2']);
    [old, standby] = pair.servers;
    await publish(stack, pair, knownHosts);
    watch = await watchWrites(pair);
    await until(() => watch.confirmed().length >= 5);
  });
  afterEach(async () => {
    await watch.stop();
    await pair.stop();
  });

  const start = async (): Promise<RunSummary> => {
    const body = { runbook: 'postgres-switchover', inputs: {}, reason: 'test' };
    return atGate(stack.client, await stack.client.post<RunSummary>('/runs', body, randomUUID()));
  };
  const approve = (run: RunSummary) => approver.post(`/approvals/${run.number}.go/approve`, { planHash: run.planHash }, randomUUID());
  const statusOf = (run: RunSummary, step: string) => run.steps.find(({ path }) => path === step)?.status;
  const lost = async (server: PostgresServer): Promise<readonly number[]> => {
    await watch.stop();
    const kept = new Set((await server.query('select number from orders')).split('\n').map(Number));
    return watch.confirmed().filter((number) => !kept.has(number));
  };

  test('swaps the two: every confirmed row is on the new primary, the old one follows it', async () => {
    const run = await start();
    const before = watch.confirmed().length;
    await approve(run);
    const end = await stack.ended(run.id, ENDED_MS);
    expect({ status: end.status, reason: end.reason }).toEqual({ status: 'succeeded', reason: undefined });
    await until(() => watch.confirmed().length > before + 5);
    expect(await standby.query('select pg_is_in_recovery()')).toBe('f');
    expect(await old.query('select pg_is_in_recovery()')).toBe('t');
    expect(await old.query('show default_transaction_read_only')).toBe('off');
    expect(await lost(standby)).toEqual([]);
    expect(watch.doubles()).toEqual([]);
    expect(watch.looks()).toBeGreaterThan(20);
  });

  test('goes back when the standby does not catch up: the old primary takes writes again', async () => {
    const run = await start();
    await standby.query('select pg_wal_replay_pause()');
    const seen = watch.confirmed().length;
    await until(() => watch.confirmed().length > seen);
    await approve(run);
    const end = await stack.ended(run.id, ENDED_MS);
    expect({ status: end.status, cut: statusOf(end, 'cut'), promote: statusOf(end, 'promote') }).toEqual({
      status: 'failed',
      cut: 'rolled_back',
      promote: 'skipped',
    });
    const after = watch.confirmed().length;
    await until(() => watch.confirmed().length > after + 5);
    expect(await old.query('select pg_is_in_recovery()')).toBe('f');
    expect(await standby.query('select pg_is_in_recovery()')).toBe('t');
    expect(await lost(old)).toEqual([]);
    expect(watch.doubles()).toEqual([]);
  });

  test.each(['stop', 'promote'] as const)('survives a worker that is killed after %s was done and before it was known', async (what) => {
    const server = what === 'stop' ? old : standby;
    const held = await server.hold(what);
    const run = await start();
    await approve(run);
    await until(held.done);
    worker.kill('SIGKILL');
    await worker.ended;
    await held.release();
    worker = await stack.startWorker();
    const end = await stack.ended(run.id, ENDED_MS);
    expect({ status: end.status, reason: end.reason }).toEqual({ status: 'succeeded', reason: undefined });
    expect(await lost(standby)).toEqual([]);
    expect(watch.doubles()).toEqual([]);
    expect(await standby.query('select substr(pg_walfile_name(pg_current_wal_lsn()), 8, 1)'), 'promoted once').toBe('2');
  });

  test(`survives ${KILLS} workers killed at random moments (seed ${SEED})`, { timeout: ENDED_MS + 20_000 * KILLS }, async () => {
    const run = await start();
    await approve(run);
    let over = false;
    const ending = stack.ended(run.id, ENDED_MS + 20_000 * KILLS).finally(() => (over = true));
    const killWorker = async (): Promise<void> => {
      worker.kill('SIGKILL');
      await worker.ended;
      worker = await stack.startWorker();
    };
    const stage = { killWorker, progress: () => progress(stack.client) };
    const [end, killed] = await Promise.all([ending, kill(stage, makeDice(SEED), { times: KILLS, isOver: () => over })]);
    expect(killed).toBe(KILLS);
    expect({ status: end.status, reason: end.reason }).toEqual({ status: 'succeeded', reason: undefined });
    expect(await lost(standby)).toEqual([]);
    expect(watch.doubles()).toEqual([]);
    expect(await standby.query('select substr(pg_walfile_name(pg_current_wal_lsn()), 8, 1)'), 'promoted once').toBe('2');
  });

  test('survives a connection that is cut after the promotion', async () => {
    const held = await standby.hold('promote');
    const run = await start();
    await approve(run);
    await until(held.done);
    const before = standby.sshd.connectionsMade();
    standby.sshd.cut();
    await held.release();
    const end = await stack.ended(run.id, ENDED_MS);
    expect({ status: end.status, reason: end.reason }).toEqual({ status: 'succeeded', reason: undefined });
    expect(standby.sshd.connectionsMade()).toBeGreaterThan(before);
    expect(await lost(standby)).toEqual([]);
    expect(watch.doubles()).toEqual([]);
    expect(await standby.query('select substr(pg_walfile_name(pg_current_wal_lsn()), 8, 1)'), 'promoted once').toBe('2');
  });
});

/** Publishes the shipped runbook with an inventory that leads to the test's servers, and lets the worker reach them. */
async function publish(stack: TestStack, pair: PostgresPair, knownHosts: string): Promise<void> {
  const secrets = join(stack.dataDir, 'secrets');
  await mkdir(secrets, { recursive: true, mode: 0o700 });
  const hosts: string[] = [];
  const pinned: string[] = [];
  for (const server of pair.servers) {
    await writeFile(join(secrets, server.name), server.sshd.privateKey, { mode: 0o600 });
    pinned.push(await readFile(server.sshd.knownHostsFile, 'utf8'));
    hosts.push(
      `  - name: ${server.name}`,
      `    address: 127.0.0.1`,
      `    port: ${server.sshd.target.port}`,
      `    credential: "secret:${server.name}"`,
      `    tags: { bin: ${server.bin}, data: ${server.data}, socket: ${server.socket}, port: "${server.port}" }`,
    );
  }
  await writeFile(knownHosts, pinned.join(''));
  const inventory = [
    'apiVersion: runward/v1',
    'kind: Inventory',
    'metadata: { name: orders-db, title: Servers of a test, owner: team-test }',
    'environment: production',
    `defaults: { os: linux, via: ssh, user: ${pair.login.name} }`,
    'hosts:',
    ...hosts,
  ];
  const files = [
    { path: 'runbooks/postgres-switchover.yaml', text: await readFile(RUNBOOK, 'utf8') },
    { path: 'runbooks/inventories/orders-db.yaml', text: `${inventory.join('\n')}\n` },
  ];
  const answer = await fetch(`${stack.client.baseUrl}/api/v1/runbooks`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ files }),
  });
  if (!answer.ok) throw new Error(`publishing: ${answer.status} ${await answer.text()}`);
}

async function atGate(client: ApiClient, run: RunSummary): Promise<RunSummary> {
  for (;;) {
    const now = await client.get<RunSummary>(`/runs/${run.id}?wait=5s`);
    if (now.waitingFor.some(({ kind }) => kind === 'approval')) return now;
    if (!['queued', 'running', 'waiting'].includes(now.status)) throw new Error(`run ${now.number}: ${now.status} ${now.reason ?? ''}`);
  }
}
