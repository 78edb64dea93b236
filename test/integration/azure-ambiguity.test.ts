import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FaultName, FAULTS, OUTCOMES, promiseOf, REQUESTS } from '../../docs/generators/lost-answers.ts';
import { actions } from '../../engine/actions/registry.ts';
import type { JsonObject, JsonValue } from '../../engine/json.ts';
import type { StepBody } from '../../engine/language/runbook.ts';
import type { Target } from '../../engine/target.ts';
import { machine } from '../support/action-world.ts';
import type { LedgerLine, RunningSimulator } from '../support/simulator.ts';
import { startSimulator } from '../support/simulator.ts';
import { azureOf } from './azure-drive.ts';
import { CELLS, type Cell, estateOf, idsOf } from './lost-answers-estate.ts';
import { stepRuns, type StepRun } from './step-run.ts';

const SCALE = 600;
/** The engine is slower than the estate: its quiet time is one second. */
const PACE = { timeScale: 120 } as const;
/** Where an effect lands late, the quiet time is eight seconds: how long this computer takes to send is not divided by anything. */
const PATIENT = { ...PACE, quietTimes: 8 } as const;
/** When a request whose answer is kept back is given up, in milliseconds. */
const GIVE_UP_MS = 1_500;
const LANES = 24;
/** How much later than its lost answer an effect lands, in seconds of the estate: a sixth of a second here. */
const LATE_S = 100;

/** An estate with engines: one gives a request up after a second and a half, one waits longer for what may come late. */
interface Estate {
  readonly simulator: RunningSimulator;
  readonly run: StepRun;
  readonly impatient: StepRun;
  readonly patient: StepRun;
}

let estates: readonly Estate[] = [];
let folder: string;
let outcomes: ReadonlyMap<string, Promise<Facts>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runward-lost-answers-'));
  const file = join(folder, 'estate.yaml');
  await writeFile(file, JSON.stringify(estateOf(CELLS)));
  // Machines of the first estate have no inside; scripts are for those of the shop.
  estates = await Promise.all([file, 'contoso-shop'].map(startEstate));
  const [bare, shop] = estates;
  if (bare === undefined || shop === undefined) throw new Error('there are two estates');
  outcomes = runAll(CELLS, ({ action }) => (action === 'run' ? shop : bare));
});
afterAll(async () => {
  for (const { simulator } of estates) await simulator.stop();
  await rm(folder, { recursive: true, force: true });
});

async function startEstate(estate: string): Promise<Estate> {
  const simulator = await startSimulator(['--scale', String(SCALE), '--estate', estate]);
  return {
    simulator,
    run: stepRuns(azureOf(simulator), PACE),
    impatient: stepRuns(azureOf(simulator, { submitTimeoutMs: GIVE_UP_MS }), PACE),
    patient: stepRuns(azureOf(simulator), PATIENT),
  };
}

test('every effectful action of Azure has its rows', () => {
  const effectful = [...actions.values()].filter(({ effect, name }) => effect !== 'read' && /^(asr|azure|backup)\./.test(name));
  const rows = new Set(REQUESTS.map(({ action }) => action));
  expect(effectful.map(({ name }) => name).filter((name) => !rows.has(name))).toEqual([]);
});

describe.each(REQUESTS)('$action $request', ({ action, request }) => {
  test.for(FAULTS)('$name', async (fault, context) => {
    if (action === 'run' && estates.some(({ simulator }) => simulator.ready.isolation === 'none')) {
      expect(process.env['CI'], 'CI must be able to isolate the scripts of simulated machines').not.toBe('true');
      return context.skip('this host cannot isolate the scripts of simulated machines');
    }
    const promised = promiseOf(action, fault.leaves);
    const { reason, ...facts } = (await outcomes.get(nameOf(action, request, fault.name))) ?? { reason: 'there is no such cell' };
    const effects = promised === 'person' && fault.leaves === 'nothing' ? 0 : 1;
    const state = promised === 'person' ? 'unknown' : 'succeeded';
    return expect(facts, reason).toEqual({ state, sends: OUTCOMES[promised].sends, effects });
  });
});

interface Facts {
  readonly state: string;
  readonly reason: string | undefined;
  /** How often the request was on the wire, and how often it had its effect, by the ledger of the estate. */
  readonly sends: number;
  readonly effects: number;
}

/** All cells, some of them at a time: they wait for the estate nearly all of theirs. */
function runAll(cells: readonly Cell[], estateFor: (cell: Cell) => Estate): Map<string, Promise<Facts>> {
  const lanes = Array.from({ length: LANES }, () => Promise.resolve<unknown>(undefined));
  return new Map(
    cells.map((cell, index) => {
      const facts = (lanes[index % LANES] ?? Promise.resolve()).then(() => factsOf(estateFor(cell), cell));
      lanes[index % LANES] = facts.catch(() => undefined);
      return [nameOf(cell.action, cell.request, cell.fault.name), facts];
    }),
  );
}

async function factsOf(estate: Estate, cell: Cell): Promise<Facts> {
  const { simulator, run } = estate;
  const { body, target } = await prepared(run, cell);
  const from = (await simulator.ledger()).length;
  const match = { operation: cell.operation, resource: cell.name };
  await simulator.control('faults', { method: 'POST', body: { match, times: 1, ...DEEDS[cell.fault.name] } });
  const step = await engineFor(estate, cell)(body, target);
  const lines = (await simulator.ledger())
    .slice(from)
    .filter(({ operation, path }) => operation === cell.operation && path.includes(cell.name));
  const effects = lines.filter(hadEffect);
  // A late effect has a line of its own, besides that of its request.
  const landed = cell.fault.leaves === 'late effect' ? effects.filter(({ fault }) => fault !== undefined).length : 0;
  return { state: step.state, reason: step.reason ?? step.error?.message, sends: lines.length - landed, effects: effects.length };
}

function engineFor({ run, impatient, patient }: Estate, { fault }: Cell): StepRun {
  if (fault.leaves === 'late effect') return patient;
  return fault.name === 'no answer in time' ? impatient : run;
}

function nameOf(action: string, request: string, fault: string): string {
  return [action, request, fault].join('/');
}

function hadEffect({ effect }: LedgerLine): boolean {
  return effect === 'started' || effect === 'replaced';
}

const DEEDS = {
  'connection lost before': { when: 'before', do: { reset: true } },
  'connection lost after': { when: 'after', do: { reset: true } },
  '500 before': { when: 'before', do: { status: 500 } },
  '500 after': { when: 'after', do: { status: 500 } },
  'no answer in time': { when: 'after', do: { hang: 60_000 } },
  'late arrival': { when: 'instead', do: { lateEffect: LATE_S } },
  429: { when: 'before', do: { status: 429 } },
  409: { when: 'instead', do: { conflict: true } },
} as const satisfies Record<FaultName, object>;

const uses = (action: string, input: Readonly<Record<string, JsonValue>> = {}): StepBody => ({ kind: 'uses', action, with: input });

/** Brings the target of a cell into the state in which its request may be sent, and says how the step is written. */
async function prepared(run: StepRun, cell: Cell): Promise<{ readonly body: StepBody; readonly target?: Target }> {
  const { vm, item, plan, profile, securityGroup, drill, island, restoreGroup } = idsOf(cell);
  const target = machine({ kind: 'azure_vm', name: cell.name, id: vm, lockId: vm, via: 'run-command', location: 'westeurope' });
  const replicated = { ...target, kind: 'replication_item', id: item, lockId: item } as const;
  const failover = { plan, direction: 'PrimaryToRecovery', shutdown_primary: true };
  switch (cell.action) {
    case 'asr.item.test-failover@1':
      return { body: uses(cell.action, { network: drill }), target: replicated };
    case 'asr.item.test-failover-cleanup@1':
      await done(run, uses('asr.item.test-failover@1', { network: drill }), replicated);
      return { body: uses(cell.action), target: replicated };
    case 'asr.plan.test-failover@1':
      return { body: uses(cell.action, { plan, network: drill }) };
    case 'asr.plan.test-failover-cleanup@1':
      await done(run, uses('asr.plan.test-failover@1', { plan, network: drill }));
      return { body: uses(cell.action, { plan }) };
    case 'asr.plan.failover@1':
      return { body: uses(cell.action, failover) };
    case 'asr.plan.commit@1':
      await done(run, uses('asr.plan.failover@1', failover));
      return { body: uses(cell.action, { plan }) };
    case 'asr.plan.reprotect@1':
      await done(run, uses('asr.plan.failover@1', failover));
      await done(run, uses('asr.plan.commit@1', { plan }));
      return { body: uses(cell.action, { plan }) };
    case 'backup.trigger@1':
      return { body: uses(cell.action, { retain: '7d' }), target };
    case 'backup.restore-vm@1': {
      const point = await done(run, uses('backup.recovery-point.latest@1'), target);
      const recovery_point = point['recovery_point_id'] ?? null;
      return {
        body: uses(cell.action, { name: `${cell.name}-copy`, resource_group: restoreGroup, network: island, recovery_point }),
        target,
      };
    }
    case 'azure.vm.install-patches@1':
      return { body: uses(cell.action, { classifications: ['Security'] }), target };
    case 'azure.restore-point.create@1':
      return { body: uses(cell.action, { name: 'point' }), target };
    case 'azure.vm.revert-to-restore-point@1': {
      const point = await done(run, uses('azure.restore-point.create@1', { name: 'point' }), target);
      return { body: uses(cell.action, { restore_point: point['id'] ?? null }), target };
    }
    case 'azure.vm.delete@1':
      return { body: uses(cell.action, { disks: true, nics: true }), target };
    case 'azure.nsg.set-rules@1':
      return { body: uses(cell.action, { id: securityGroup, rules: 'deny-all' }) };
    case 'azure.trafficmanager.set-endpoint@1':
      return { body: uses(cell.action, { profile, endpoint: 'recovery', status: 'Enabled' }) };
    case 'run':
      return { body: { kind: 'run', script: 'echo done', shell: 'sh', env: {}, effect: 'named' }, target };
    default:
      return { body: uses(cell.action), target };
  }
}

/** Runs a step that nothing disturbs; answers its result. */
async function done(run: StepRun, body: StepBody, target?: Target): Promise<JsonObject> {
  const step = await run(body, target);
  if (step.state !== 'succeeded') throw new Error(`the preparation is ${step.state}: ${step.error?.message ?? step.reason ?? ''}`);
  return step.result ?? {};
}
