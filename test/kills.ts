import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** `npm run kills`: carries shipped runbooks out on the simulated shop while their workers are killed, and holds the same against the end as CI does. */

const STAGES = {
  'shop-drill': { file: 'shipped-runbooks', test: 'a drill while the fleet is backed up' },
  'nightly-backup': { file: 'shipped-runbooks', test: 'a drill while the fleet is backed up' },
  'weekly-restore-test': { file: 'shipped-runbooks', test: 'a drill while the fleet is backed up' },
  'shop-failover': { file: 'shipped-runbooks', test: 'the shop moves to the recovery site' },
  'shop-failback': { file: 'shipped-runbooks', test: 'the shop moves to the recovery site' },
  'gameday-network': { file: 'shipped-gameday', test: 'a tier that is cut off' },
  'postgres-switchover': { file: 'postgres-switchover', test: 'killed at random moments' },
  'patch-fleet': { file: 'shipped-patches', test: '' },
} as const;

const NAMES = Object.keys(STAGES) as (keyof typeof STAGES)[];

const { values } = parseArgs({
  options: {
    moments: { type: 'string', default: '10' },
    runbook: { type: 'string' },
    machines: { type: 'string', default: '4' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    help: { type: 'boolean', default: false },
  },
});
const chosen = NAMES.filter((name) => values.runbook === undefined || name === values.runbook);
const moments = Number(values.moments);
const machines = Number(values.machines);
const wrong =
  chosen.length === 0 || !(machines >= 4 && machines <= 90) || !Number.isInteger(moments) || moments < 1 || !/^\d+$/.test(values.seed);
if (values.help || wrong) {
  const usage = `npm run kills -- [--moments N] [--runbook NAME] [--machines N] [--seed N]
  Kills a worker at N random moments (10) of each piece of work; the seed chooses the moments.
  NAME is ${NAMES.join(', ')}; all of them when absent. patch-fleet patches N machines (4 to 90, 4 when absent).
  Example: npm run kills -- --moments 10 --runbook shop-failover --seed 7\n`;
  (wrong ? process.stderr : process.stdout).write(usage);
  process.exit(wrong ? 2 : 0);
}

// Runbooks that are carried out together are so once.
const stages = new Map(chosen.map((name) => [`${STAGES[name].file} ${STAGES[name].test}`, STAGES[name]]));
let failed = 0;
for (const { file, test } of stages.values()) {
  const { status } = spawnSync(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--project',
      'e2e',
      '--reporter=verbose',
      `test/e2e/${file}.test.ts`,
      ...(test === '' ? [] : ['-t', test]),
    ],
    {
      cwd: join(import.meta.dirname, '..'),
      stdio: 'inherit',
      env: { ...process.env, KILL_MOMENTS: String(moments), FLEET_MACHINES: String(machines), TEST_SEED: values.seed },
    },
  );
  failed += status === 0 ? 0 : 1;
}
process.stdout.write(
  `${moments} kills in each piece of work · seed ${values.seed} · ${stages.size - failed} of ${stages.size} stages hold\n`,
);
process.exitCode = failed === 0 ? 0 : 1;
