import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunSummary } from '../../engine/run/summary.ts';
import { lacks } from '../support/lacks.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { type Ended, runward } from '../support/command-line.ts';

const WITHIN_MS = 180_000;

/** The answer to the first request is lost; the job of the second one fails. */
const FAULTS = [
  { match: { operation: 'Backups_Trigger', nth: 1 }, when: 'after', do: { reset: true } },
  {
    match: { operation: 'Backups_Trigger', nth: 2 },
    when: 'duringJob',
    do: { failJob: { code: 'UserErrorGuestAgentStatusUnavailable', message: 'The agent does not answer.' } },
  },
];

const RUNBOOK = `apiVersion: runward/v1
kind: Runbook
metadata: { name: one-backup, title: Back up one machine, owner: team-platform }
purpose: backup
environment: test
timeout: 7h
targets:
  one:
    azure:
      subscriptions: [6f1c1b5e-0000-4000-8000-00000000a001]
      type: Microsoft.Compute/virtualMachines
      tags: { env: prod }
    where: target.name == "MACHINE"
    max: 1
    on_empty: fail
steps:
  - id: coverage
    uses: backup.item.get@1
    target: one
  - id: backup
    uses: backup.trigger@1
    target: one
    with: { retain: 30d }
    timeout: 5h
notify:
  - { to: "pager:on-call", when: [unknown, failed] }
`;

const missing = lacks('redis-server');
let stack: TestStack;

beforeAll(async () => {
  if (missing) return;
  const flags = ['--estate', 'contoso-fleet', '--backup-marks', 'none'];
  stack = await startTestStack({ scale: 2_000, leaseMs: 10_000, flags, faults: FAULTS });
  await stack.startWorker();
});

afterAll(async () => {
  if (!missing) await stack.stop();
});

const cli = (args: readonly string[]) => runward(args, stack.dataDir, { RUNWARD_SERVER: stack.client.baseUrl });
const triggers = async () =>
  (await stack.ledger()).filter(({ operation, effect }) => operation === 'Backups_Trigger' && effect === 'started').length;

/** The words of a command that was printed, ready to be run; the reason is for the person to give. */
function printed(ended: Ended, beginning: string): readonly string[] {
  const line = `${ended.stdout}\n${ended.stderr}`.split('\n').find((one) => one.includes(`runward ${beginning}`));
  const command = line?.slice(line.indexOf('runward ') + 'runward '.length).replace(/ {3,}.*$/, '') ?? '';
  expect(command, `${beginning} is not printed in: ${ended.stdout}${ended.stderr}`).not.toBe('');
  return [...command.replace('"…"', '"seen in the vault"').matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

async function start(): Promise<RunSummary> {
  const { stdout, stderr, exit } = await cli(['run', 'start', 'one-backup', '--yes', '--reason', 'test', '-o', 'json']);
  expect(exit, stderr).toBe(0);
  return JSON.parse(stdout) as RunSummary;
}

test.skipIf(missing)(
  'an unknown step is resolved in three commands, and a failed run retried, each printed by the one before',
  { timeout: WITHIN_MS },
  async () => {
    const machine = (await stack.machines()).find(({ name }) => name.startsWith('web') || name.startsWith('fleet'))?.name ?? '';
    const files = [{ path: 'runbooks/one-backup.yaml', text: RUNBOOK.replace('MACHINE', machine) }];
    const published = await fetch(`${stack.client.baseUrl}/api/v1/runbooks`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ files }),
    });
    expect(published.status, await published.text()).toBe(200);

    const first = await start();
    expect((await stack.ended(first.id, WITHIN_MS)).status).toBe('unknown');
    // The page: whoever is woken by it knows this line and nothing else.
    const page = await stack.client.get<{ readonly lines: readonly { readonly text: string }[] }>(`/runs/${first.id}/logs?step=notify`);
    expect(page.lines.map(({ text }) => text)).toContainEqual(expect.stringMatching(/pager:on-call.*unknown.*runward status$/));

    const status = await cli(['status']);
    expect(status.exit).toBe(6);
    const shown = await cli(printed(status, 'run show'));
    const adopt = printed(shown, `run resolve ${first.number} "backup[${machine}]" --adopt`);
    const resolved = await cli([...adopt, '--yes']);
    expect(resolved.exit, resolved.stderr).toBe(0);
    let end = await stack.ended(first.id, WITHIN_MS);
    while (end.status === 'unknown') end = await stack.ended(first.id, WITHIN_MS);
    expect(end.status).toBe('succeeded');
    expect(await triggers()).toBe(1);

    const second = await start();
    expect((await stack.ended(second.id, WITHIN_MS)).status).toBe('failed');
    const again = await cli(printed(await cli(['status']), 'run show'));
    const retry = await cli([...printed(again, `run retry ${second.number}`), '--yes', '-o', 'json']);
    expect(retry.exit, retry.stderr).toBe(0);
    expect(retry.stderr).toMatch(/✓ kept +READ +coverage/);
    expect(retry.stderr).toMatch(/↻ (again|partly) +MUTATES +backup/);
    const third = JSON.parse(retry.stdout) as RunSummary;
    expect(third.retryOf).toMatchObject({ id: second.id, mode: 'failed' });
    expect((await stack.ended(third.id, WITHIN_MS)).status).toBe('succeeded');
    expect(await triggers()).toBe(3);
    expect((await cli(['run', 'show', String(third.number)])).stdout).toContain(`kept from run ${second.number}`);
    expect((await stack.client.get<RunSummary>(`/runs/${second.id}`)).status).toBe('failed');
  },
);
