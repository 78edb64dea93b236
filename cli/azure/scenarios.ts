import { randomUUID } from 'node:crypto';
import type { AzureBackupJob } from '../../engine/azure-backup.ts';
import type { ScenarioName } from './questions.ts';
import { machineOf, mustBeRead, mustBeTaken, pause, powerBecomes, seenWithin, send, verdict } from './sandbox.ts';
import { networkScenario } from './scenario-network.ts';
import { recoveryScenario } from './scenario-recovery.ts';
import { restoreScenario } from './scenario-restore.ts';
import type { Sandbox, Scenario, Verdict } from './sandbox.ts';

const MINUTE_MS = 60_000;
const CLOCK_APART_MS = 5 * MINUTE_MS;
const SCRIPT_SECONDS = 45;

/** What each scenario sends, what it may cost, and what it answers. A scenario that changes the machine leaves it running. */
export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  read: { costs: 'nothing', lasts: 'seconds', sends: ['GET of the group and its machines'], run: readScenario },
  network: {
    costs: 'nothing',
    lasts: '1 to 3 minutes',
    sends: [
      'PUT of the security rules of the subnet of the machine as they are, under an If-Match that fits none (U19)',
      'PUT of a network interface without a public address, GET until it is shown (U20), DELETE of it',
    ],
    run: networkScenario,
  },
  power: {
    costs: 'minutes of one machine',
    lasts: '10 to 20 minutes',
    sends: [
      'PUT of the machine under its own name with If-None-Match: *, from its own disks and interface (U10)',
      'deallocate, start, deallocate under the request id of the first one (U5), start',
    ],
    run: powerScenario,
  },
  script: {
    costs: 'minutes of one machine',
    lasts: '5 minutes',
    sends: [
      'PUT of a managed run command that writes one file below /var/tmp after some seconds',
      'DELETE of it while it runs (U13)',
      'PUT of one that reads and removes the file, DELETE of it',
    ],
    run: scriptScenario,
  },
  backup: {
    costs: 'one backup of one machine, kept for two days',
    lasts: '1 to 4 hours',
    sends: ['POST of a backup of the machine (U4, U7)', 'POST of a second one while the first is under way (U8)'],
    run: backupScenario,
  },
  restore: {
    costs: 'the disks of one machine for the time of the scenario',
    lasts: '15 minutes to 3 hours',
    sends: [
      'POST of a restore of the disks of the newest recovery point into the group (U11)',
      'DELETE of each disk that it made, whatever became of it',
    ],
    run: restoreScenario,
  },
  asr: {
    costs: 'one small machine and its replication for hours, in two regions; its disks are made anew twice',
    lasts: '3 to 8 hours',
    sends: [
      'POST of a test failover of the plan (U2, U3), of a second one while it is under way (U6), cleanup',
      'POST of a failover, commit, reversal of the protection: THE MACHINE IS DELETED and lives in the other region',
      'the same way back, with the direction as computed (U9): the machine is made anew in the group',
    ],
    run: recoveryScenario,
  },
};

async function readScenario({ azure, groupId, isSovereign, traffic, signal }: Sandbox): Promise<readonly Verdict[]> {
  const subscription = groupId.split('/')[2] ?? '';
  const asked = await azure.read({ kind: 'vm.list', subscription }, signal);
  mustBeRead('the machines of the subscription', asked);
  const headers = [
    ...new Set(traffic.flatMap((one) => Object.keys(one.headers).filter((name) => name.startsWith('x-ms-ratelimit')))),
  ].toSorted();
  const apartMs = asked.kind === 'found' && asked.dateMs !== undefined ? Math.abs(Date.now() - asked.dateMs) : undefined;
  return [
    verdict(
      'U14',
      headers.some((name) => name.startsWith('x-ms-ratelimit-remaining')),
      headers.length === 0 ? 'no such header' : headers.join(', '),
    ),
    apartMs === undefined
      ? { id: 'U15', verdict: 'not_run', seen: 'the answer names no time' }
      : verdict('U15', apartMs < CLOCK_APART_MS, `${Math.round(apartMs / 1000)} s apart`),
    isSovereign
      ? verdict('U16', true, 'token, hosts and API versions were accepted')
      : { id: 'U16', verdict: 'not_run', seen: 'this is not a sovereign cloud' },
  ];
}

async function powerScenario(sandbox: Sandbox): Promise<readonly Verdict[]> {
  const { id, location, size, os, disks, nicIds, tags } = machineOf(sandbox);
  const [osDisk, ...dataDisks] = disks;
  const nicId = nicIds[0];
  await start(sandbox);
  const verdicts: Verdict[] = [];
  if (osDisk?.id === undefined || nicId === undefined || size === undefined || os === undefined)
    verdicts.push({ id: 'U10', verdict: 'not_run', seen: 'the machine has no managed disk or no interface' });
  else {
    const again = await send(sandbox, {
      kind: 'vm.create',
      vmId: id,
      location,
      size,
      os,
      osDiskId: osDisk.id,
      dataDisks: dataDisks.flatMap(({ id: diskId, lun }) => (diskId === undefined || lun === undefined ? [] : [{ lun, diskId }])),
      nicId,
      tags,
    });
    const seen = again.kind === 'refused' ? `HTTP ${again.receipt.status} ${again.code}` : again.kind;
    verdicts.push(verdict('U10', again.kind === 'refused' && again.reason === 'exists', seen));
  }
  try {
    const requestId = randomUUID();
    mustBeTaken('deallocate', await send(sandbox, { kind: 'vm.deallocate', vmId: id }, requestId));
    if (!(await powerBecomes(sandbox, 'deallocated', 10 * MINUTE_MS))) throw new Error('the machine was not deallocated in 10 minutes');
    await start(sandbox);
    mustBeTaken('deallocate again', await send(sandbox, { kind: 'vm.deallocate', vmId: id }, requestId));
    const again = await powerBecomes(sandbox, 'deallocated', 5 * MINUTE_MS);
    const seen = again
      ? 'the second request with the same id had its effect'
      : 'the second request was answered and had no effect in 5 minutes';
    verdicts.push(verdict('U5', again, seen));
  } finally {
    await start(sandbox);
  }
  return verdicts;
}

async function start(sandbox: Sandbox): Promise<void> {
  const { id } = machineOf(sandbox);
  if (await powerBecomes(sandbox, 'running', 0)) return;
  mustBeTaken('start', await send(sandbox, { kind: 'vm.start', vmId: id }));
  if (!(await powerBecomes(sandbox, 'running', 10 * MINUTE_MS))) throw new Error('the machine does not run 10 minutes after its start');
}

async function scriptScenario(sandbox: Sandbox): Promise<readonly Verdict[]> {
  const { id, location } = machineOf(sandbox);
  const key = randomUUID().slice(0, 8);
  const [first, second] = [`rw-conformance-${key}-1`, `rw-conformance-${key}-2`];
  const file = `/var/tmp/runward-conformance-${key}`;
  const seconds = Math.max(3, Math.round(SCRIPT_SECONDS / sandbox.scale));
  const put = (name: string, script: string) =>
    send(sandbox, {
      kind: 'runCommand.put',
      vmId: id,
      name,
      location,
      script,
      parameters: {},
      protectedParameters: {},
      timeoutMs: 10 * MINUTE_MS,
    });
  const stateOf = async (name: string) => {
    const command = await sandbox.azure.read({ kind: 'runCommand.get', vmId: id, name }, sandbox.signal);
    return command.kind === 'found' ? command.value : undefined;
  };
  await start(sandbox);
  const sentMs = performance.now();
  mustBeTaken('run command', await put(first, `sleep ${seconds}; echo alive > ${file}`));
  const running = await seenWithin(sandbox, 5 * MINUTE_MS, async () =>
    (await stateOf(first))?.executionState === 'Running' ? true : undefined,
  );
  if (running === undefined) throw new Error('the script was not seen running in 5 minutes');
  const beganSeconds = ((performance.now() - sentMs) / 1000).toFixed(1);
  mustBeTaken('deletion of the run command', await send(sandbox, { kind: 'runCommand.delete', vmId: id, name: first }));
  await pause((seconds + 2) * 1000);
  mustBeTaken('second run command', await put(second, `cat ${file} 2>/dev/null || echo stopped; rm -f ${file}`));
  const output = await seenWithin(sandbox, 10 * MINUTE_MS, async () => {
    const command = await stateOf(second);
    return command?.exitCode === undefined ? undefined : command.output.trim();
  });
  await send(sandbox, { kind: 'runCommand.delete', vmId: id, name: second });
  if (output === undefined) throw new Error('the second script gave no result in 10 minutes');
  const seen = output === 'alive' ? 'the script went on after its run command was deleted' : 'the script was stopped with its run command';
  return [verdict('U13', output === 'alive', `${seen}; seen running after ${beganSeconds} s; how many fit on one machine was not tried`)];
}

async function backupScenario(sandbox: Sandbox): Promise<readonly Verdict[]> {
  const { azure, signal } = sandbox;
  const { id, location } = machineOf(sandbox);
  const { itemId } = mustBeRead('the backup of the machine', await azure.read({ kind: 'backup.status', vmId: id, location }, signal));
  if (itemId === undefined) throw new Error('no vault protects the machine: protect it with any policy first');
  const requestId = randomUUID();
  const sinceMs = Date.now() - CLOCK_APART_MS;
  // Two days, and seconds that no policy would choose.
  const expiresAtMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS + 2 * 24 * 60 * MINUTE_MS + 37_000;
  mustBeTaken('backup', await send(sandbox, { kind: 'backup.trigger', itemId, expiresAtMs }, requestId));
  const vaultId = itemId.slice(0, itemId.toLowerCase().indexOf('/backupfabrics/'));
  const jobs = async (): Promise<readonly AzureBackupJob[]> => {
    const listed = mustBeRead('the jobs of the vault', await azure.read({ kind: 'backup.jobs', vaultId, sinceMs }, signal));
    const read = await Promise.all(listed.slice(0, 20).map((job) => azure.read({ kind: 'backup.job', jobId: job.id }, signal)));
    return read.flatMap((job) => (job.kind === 'found' ? [job.value] : []));
  };
  const mine = await seenWithin(sandbox, 5 * MINUTE_MS, async () => (await jobs()).find((job) => job.clientRequestId === requestId));
  const seconds = mine?.expiresAtMs === undefined ? undefined : mine.expiresAtMs % MINUTE_MS;
  const second = await send(sandbox, { kind: 'backup.trigger', itemId, expiresAtMs });
  return [
    verdict('U4', mine !== undefined, mine === undefined ? 'no job of the vault carries the request id' : 'the job carries the request id'),
    seconds === undefined
      ? { id: 'U7', verdict: 'not_run', seen: 'the job tells no expiry' }
      : verdict('U7', seconds === 0, seconds === 0 ? 'the seconds were cut' : `${seconds / 1000} s were kept`),
    verdict('U8', second.kind === 'refused', second.kind === 'refused' ? `HTTP ${second.receipt.status} ${second.code}` : second.kind),
  ];
}
