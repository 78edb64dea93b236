import { parseArgs } from 'node:util';
import { playSeed, type SeedReport } from './world.ts';
import { BUGS, type Bug } from './world-parts.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    seed: { type: 'string' },
    plant: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});
const bug = BUGS.find((name) => name === values.plant);
if (values.plant !== undefined && bug === undefined) {
  process.stderr.write(`unknown bug "${values.plant}": ${BUGS.join(', ')}\n`);
  process.exit(2);
}
process.exit(await simulate(Number(values.seed ?? 1), values.seed === undefined ? Number(values.seeds) : 1, bug));

/** Plays seeds in order; stops at the first broken promise and prints how to see it again. Returns the exit code. */
async function simulate(first: number, count: number, planted: Bug | undefined): Promise<number> {
  const startedMs = performance.now();
  const totals = { crashes: 0, effects: 0, virtualMs: 0, removed: 0, states: new Map<string, number>(), edges: new Set<string>() };
  for (let seed = first; seed < first + count; seed += 1) {
    const report = await playSeed(seed, planted);
    add(totals, report);
    if (report.violations.length > 0) return failed(report, planted);
    if (values.trace) process.stdout.write(`${seed} ${report.trace}\n`);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const states = [...totals.states].toSorted(([a], [b]) => a.localeCompare(b)).map(([state, runs]) => `${runs} ${state}`);
  process.stdout.write(`runs       ${states.join(' · ')}\n`);
  process.stdout.write(
    `faults     ${totals.crashes} workers died · ${totals.effects} effects · ${totals.edges.size} edges of the step table seen · ${totals.removed} readiness checks removed\n`,
  );
  process.stdout.write(
    `time       ${seconds.toFixed(1)} s · ${Math.round(count / seconds)} seeds a second · ${Math.round(totals.virtualMs / 3_600_000)} virtual hours\n`,
  );
  process.stdout.write(
    `invariants I1, I2, I5, I6, I7, I8 and those of rollback and retention hold in ${count} seeds from ${first}${planted === undefined ? '' : ` although ${planted} is planted`}\n`,
  );
  return planted === undefined ? 0 : 1;
}

function add(
  totals: { crashes: number; effects: number; virtualMs: number; removed: number; states: Map<string, number>; edges: Set<string> },
  report: SeedReport,
): void {
  totals.crashes += report.crashes;
  totals.effects += report.effects;
  totals.virtualMs += report.virtualMs;
  totals.removed += report.removed;
  for (const state of report.states) totals.states.set(state, (totals.states.get(state) ?? 0) + 1);
  for (const edge of report.edges) totals.edges.add(edge);
}

function failed(report: SeedReport, planted: Bug | undefined): number {
  process.stdout.write(
    `SIM_SEED=${report.seed}: ${report.violations.length} broken promises, ${report.crashes} workers died, runs ${report.states.join(', ')}\n`,
  );
  for (const { invariant, what } of report.violations.slice(0, 5)) process.stdout.write(`  ${invariant}  ${what}\n`);
  const plant = planted === undefined ? '' : ` --plant ${planted}`;
  process.stdout.write(`again: npm run simulate -- --seed ${report.seed}${plant}\n`);
  return planted === undefined ? 1 : 0;
}
