import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeDice } from '../../adapters/memory/dice.ts';
import { startTestBalancer, type TestBalancer } from '../support/balancer.ts';
import { grownEstate, webNames } from '../support/grown-estate.ts';
import { lacks } from '../support/lacks.ts';
import { type ShippedStage, startShippedStage } from '../support/shipped-stage.ts';
import { effects, kill, outcome, ownings, troublesAtOnce } from '../support/shipped-troubles.ts';

const SCALE = 600;
const KILLS = Number(process.env['KILL_MOMENTS'] ?? 2);
const FLEET = webNames(Number(process.env['FLEET_MACHINES'] ?? 4));
const WITHIN_MS = 60_000 + 20_000 * (KILLS + FLEET.length);
const SEED = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000);
const PACKAGES = 'var/lib/dpkg/status';
const HISTORY = 'var/log/apt/history.log';
const BROKEN = 'web-03';
const PATCHED = FLEET.filter((machine) => machine !== BROKEN);
const INSTALL = 'VirtualMachines_InstallPatches';

const TROUBLES = troublesAtOnce({
  effects: [
    INSTALL,
    'RestorePointCollections_CreateOrUpdate',
    'RestorePoints_Create',
    'VirtualMachines_Deallocate',
    'VirtualMachines_Start',
    'VirtualMachines_Update',
    'Disks_CreateOrUpdate',
    'VirtualMachineRunCommands_CreateOrUpdate',
  ],
  kills: KILLS,
  seed: SEED,
});

const missing = lacks('redis-server') || lacks('sshd');

describe.skipIf(missing).each(TROUBLES)('the fleet is patched, with %s', (_name, trouble) => {
  let stage: ShippedStage;
  let balancer: TestBalancer;
  let estate: Awaited<ReturnType<typeof grownEstate>>;

  beforeAll(async () => {
    balancer = await startTestBalancer(FLEET);
    estate = await grownEstate(FLEET.length);
    stage = await startShippedStage({ scale: SCALE, leaseMs: 3_000, flags: ['--estate', estate.file], ...balancer.stage });
    await stage.arm([
      ...trouble.faults,
      { match: { operation: INSTALL, resource: BROKEN }, when: 'duringJob', do: { failJob: { code: 'PackageManagerFailure' } }, times: 1 },
    ]);
  });
  afterAll(async () => {
    await stage.stop();
    await balancer.stop();
    await estate.remove();
  });

  test('one machine after the other, and the one that fails is put back as it was', { timeout: WITHIN_MS }, async () => {
    const packages = await stage.read(BROKEN, PACKAGES);
    const owned = ownings(await stage.world());
    const inputs = { errors: `${stage.shop}/internal/slo`, rest: '500ms' };
    let over = false;
    const working = stage.people
      .attend(await stage.people.start('patch-fleet', inputs), { withinMs: WITHIN_MS })
      .finally(() => (over = true));
    const [run, killed] = await Promise.all([working, kill(stage, makeDice(SEED), { times: trouble.kills ?? 0, isOver: () => over })]);
    expect(killed, 'how many workers were killed').toBe(trouble.kills ?? 0);

    expect(outcome(run)).toMatchObject({ status: 'partially_failed', steps: { patch: 'partially_failed' } });
    expect(run.outputs).toEqual({ patched: PATCHED, as_before: [BROKEN] });
    for (const machine of PATCHED) {
      expect((await stage.read(machine, HISTORY))?.match(/^Start-Date/gm), `how often ${machine} was patched`).toHaveLength(1);
      expect(await stage.read(machine, PACKAGES), machine).toContain('+sim1');
    }
    expect(await stage.read(BROKEN, PACKAGES)).toBe(packages);
    expect(await stage.read(BROKEN, HISTORY)).toBeUndefined();

    const ledger = await stage.ledger();
    for (const machine of FLEET) {
      const moves = balancer.changes().filter(({ server }) => server === machine);
      const installs = ledger.filter(
        ({ operation, effect, path }) => operation === INSTALL && effect === 'started' && path.includes(machine),
      );
      expect(
        moves.map(({ to }) => to),
        `${machine} at the balancer`,
      ).toEqual(['maint', 'ready']);
      expect(installs, `installations on ${machine}`).toHaveLength(1);
      const installedMs = Date.parse(installs[0]?.at ?? '');
      expect(moves[0]?.atMs, `${machine} is out before it is patched`).toBeLessThan(installedMs);
      expect(moves[1]?.atMs).toBeGreaterThan(installedMs);
    }
    expect(balancer.outOfUse()).toEqual([]);
    expect(effects(ledger)).toEqual({
      [INSTALL]: FLEET.length,
      RestorePointCollections_CreateOrUpdate: FLEET.length,
      RestorePoints_Create: FLEET.length,
      VirtualMachines_Deallocate: 1,
      VirtualMachines_Start: 1,
      VirtualMachines_Update: 1,
      Disks_CreateOrUpdate: 2,
    });
    expect(ownings(await stage.world())).toEqual({ ...owned, disks: [...owned.disks, ...newDisks(ledger)].toSorted() });
    expect((await fetch(`${stage.shop}/healthz`)).status).toBe(200);
    expect(await stage.stack.control('doubles')).toEqual({ doubles: [] });
    expect(await stage.heldLocks(), 'locks that are still held').toEqual([]);
    expect(await stage.wrongEvidence(run)).toBeUndefined();
  });
});

/** The disks that were made from a restore point; the ones they took the place of stay beside them. */
function newDisks(ledger: Awaited<ReturnType<ShippedStage['ledger']>>): readonly string[] {
  const made = ledger.filter(({ operation, effect }) => operation === 'Disks_CreateOrUpdate' && effect === 'started');
  return made.map(({ path }) => path.replace(/^.*\/resourceGroups\/([^/]+)\/.*\/disks\/([^/]+)$/, '$1/$2'));
}
