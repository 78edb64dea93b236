import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordFact } from '../../../engine/audit/system-chain.ts';
import { retainOnce } from '../../../engine/retention/retain.ts';
import { endedChecks } from '../../contracts/store-removals-contract.ts';
import { runward } from '../../support/command-line.ts';
import { makeServerWorld, type ServerWorld } from '../server/server-world.ts';

let folder: string;
let world: ServerWorld;
let url: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runward-audit-'));
  world = await makeServerWorld();
  url = await world.app.listen({ host: '127.0.0.1', port: 0 });
  const { ports } = world;
  await recordFact(ports, { actor: 'anna', event: 'lock.release', data: { target: 'web-01', reason: 'looked at it' } });
  await endedChecks(ports.store, { runbook: 'shop' });
  await endedChecks(ports.store, { runbook: 'shop' });
  world.clock.move(3_600_000);
  await retainOnce(ports, { keepMs: 60_000, after: 0 });
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

const audit = (...args: readonly string[]) => runward(args, folder, { RUNWARD_SERVER: url });

it('lists what people did and what retention removed, newest first', async () => {
  const { stdout, exit } = await audit('audit', 'list');
  expect(exit).toBe(0);
  const [head, newest, oldest] = stdout.split('\n');
  expect(head).toMatch(/^ENTRY\s+AT\s+BY\s+WHAT\s+ABOUT/);
  expect(newest).toMatch(/^2\s.*runward\s+run\.removed\s+1 run of readiness checks that newer ones replaced: 1$/);
  expect(oldest).toMatch(/^1\s.*anna\s+lock\.release\s+target web-01 · reason looked at it$/);
});

it('says of a removed run that it was removed, with exit code 1, and of the chain that it is whole', async () => {
  const shown = await audit('run', 'show', '1');
  expect([shown.exit, shown.stdout]).toEqual([1, '']);
  expect(shown.stderr).toContain('run 1, readiness checks of shop that ended succeeded at');
  const [, entry] = await world.ports.store.readSystemAudit(0, 2);
  expect(await audit('audit', 'verify')).toMatchObject({ exit: 0, stdout: `2 entries chained · head ${entry?.hash}\n` });
});

it('finds an entry that was changed, and one that is gone', async () => {
  const { store } = world.ports;
  const answer = (change: typeof store.readSystemAudit) =>
    Object.assign(world.context.ports, { store: { ...store, readSystemAudit: change } });
  answer(async (after, limit) =>
    (await store.readSystemAudit(after, limit)).map((entry) => (entry.seq === 1 ? { ...entry, actor: 'otto' } : entry)),
  );
  expect(await audit('audit', 'verify')).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining('entry 1 of the audit chain: the entry was changed'),
  });
  answer(async (after, limit) => (await store.readSystemAudit(after, limit)).filter(({ seq }) => seq === 1));
  expect(await audit('audit', 'verify')).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining('ends with entry 1, and its head says 2'),
  });
});
