import { randomUUID } from 'node:crypto';
import { allows } from '../../engine/actions/asr-item-state.ts';
import { directionOf, readPlan } from '../../engine/actions/asr-plan-state.ts';
import type { PlanState } from '../../engine/actions/asr-plan-state.ts';
import type { AzureJob, AzureReplicationItem } from '../../engine/azure-calls.ts';
import type { AzureOperation } from '../../engine/azure-operations.ts';
import { RunwardError } from '../../engine/errors.ts';
import { armIdUpTo, sameArmId } from '../../engine/ids.ts';
import { JOB_WINDOW_MARGIN_MS } from '../../engine/limits.ts';
import { machineOf, mustBeRead, mustBeTaken, seenWithin, send, verdict } from './sandbox.ts';
import type { Sandbox, Verdict } from './sandbox.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const ENDED = /^(succeeded|failed|cancelled|canceled|completedwithinformation)$/i;
/** A pair of operation URLs of Site Recovery is about 6 KB long. */
const LONG_HEADERS = 6_000;

/** A drill of the plan, then the whole way to the other region and back. The plan must hold the machine of the sandbox and no other. */
export async function recoveryScenario(sandbox: Sandbox): Promise<readonly Verdict[]> {
  const { planId, networkId } = sandbox;
  if (planId === undefined || networkId === undefined)
    throw new RunwardError('USAGE_FLAG', 'asr needs --plan, the ARM id of a plan with this machine alone, and --network, for its copy');
  const { item } = await onlyItem(sandbox);
  const source = machineOf(sandbox).id;
  if (item.sourceVmId === undefined || !sameArmId(item.sourceVmId, source))
    throw new RunwardError(
      'USAGE_FLAG',
      `the plan holds ${item.sourceVmId ?? 'an unknown machine'}, not the machine of this group: nothing was sent`,
    );
  if (!allows(item, 'TestFailover') || !allows(item, 'UnplannedFailover'))
    throw new RunwardError(
      'USAGE_FLAG',
      `${item.friendlyName} is ${item.protectionState ?? 'in an unknown state'}: it must be protected and without a test failover`,
    );
  const drill = await drillOf(sandbox, { planId, networkId });
  const away = await moved(sandbox, planId);
  const back = await moved(sandbox, planId);
  const isBack = sameArmId((await onlyItem(sandbox)).item.sourceVmId ?? '', source);
  const seen = `${away} on the way there, ${back} on the way back; the machine ${isBack ? 'is back in its group' : 'is not where it was'}`;
  const holds = isBack && away === 'PrimaryToRecovery' && back === 'RecoveryToPrimary';
  return [...drill, verdict('U9', holds, seen), longHeaders(sandbox)];
}

async function drillOf(sandbox: Sandbox, at: { readonly planId: string; readonly networkId: string }): Promise<readonly Verdict[]> {
  const { planId, networkId } = at;
  const direction = directionOf(await planOf(sandbox)) ?? 'PrimaryToRecovery';
  const operation = {
    kind: 'sr.plan.testFailover',
    planId,
    networkId,
    direction,
    pointType: 'LatestProcessed',
    multiVmSync: false,
  } as const;
  const [first, second] = [randomUUID(), randomUUID()];
  const sinceMs = Date.now();
  mustBeTaken('test failover', await send(sandbox, operation, first));
  try {
    const again = await send(sandbox, operation, second);
    const jobs = await seenWithin(sandbox, 10 * MINUTE_MS, async () => nonEmpty(await jobsOf(sandbox, first, sinceMs)));
    const own = jobs?.length === 1;
    const ended = await endOf(sandbox, first, { sinceMs, limitMs: HOUR_MS });
    const { item } = await onlyItem(sandbox);
    const after = `${item.protectionState ?? '?'}, ${item.testFailoverState ?? '?'}, allows ${item.allowedOperations.join(' ') || 'nothing'}`;
    return [
      verdict('U3', own, jobs === undefined ? 'no job of the vault carries the request id' : `${jobs.length} jobs carry the request id`),
      await secondDrill(sandbox, { again, second, sinceMs }),
      verdict('U2', ended.state === 'Succeeded' && allows(item, 'TestFailoverCleanup') && !allows(item, 'TestFailover'), after),
    ];
  } finally {
    await cleanedUp(sandbox, planId);
  }
}

/** Refused, or a job that fails: both are no second effect. */
async function secondDrill(
  sandbox: Sandbox,
  at: { readonly again: Awaited<ReturnType<typeof send>>; readonly second: string; readonly sinceMs: number },
): Promise<Verdict> {
  const { again, second, sinceMs } = at;
  if (again.kind === 'refused') return verdict('U6', true, `HTTP ${again.receipt.status} ${again.code}`);
  if (again.kind !== 'accepted') return { id: 'U6', verdict: 'not_run', seen: `the second request was ${again.kind}` };
  const job = await endOf(sandbox, second, { sinceMs, limitMs: HOUR_MS });
  return verdict('U6', job.state !== 'Succeeded', `accepted, and its job ended ${job.state}`);
}

async function cleanedUp(sandbox: Sandbox, planId: string): Promise<void> {
  const { left } = sandbox;
  try {
    const settled = await seenWithin(sandbox, HOUR_MS, async () => ((await onlyItem(sandbox)).item.runningScenario ? undefined : true));
    if (settled && !allows((await onlyItem(sandbox)).item, 'TestFailoverCleanup')) return;
    const sinceMs = Date.now();
    const requestId = randomUUID();
    const operation = { kind: 'sr.plan.testFailoverCleanup', planId, comments: 'runward conformance' } as const;
    mustBeTaken('cleanup of the test failover', await send(sandbox, operation, requestId));
    const job = await endOf(sandbox, requestId, { sinceMs, limitMs: HOUR_MS });
    if (job.state !== 'Succeeded') left.push(`the copy of the test failover: its cleanup ended ${job.state}`);
  } catch (error) {
    left.push(`the copy of the test failover: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Failover, commit and reversal; answers the direction that the plan was told. Where it stops half way, the machine is where it says. */
async function moved(sandbox: Sandbox, planId: string): Promise<string> {
  try {
    const state = await planOf(sandbox);
    const direction = directionOf(state);
    if (direction === undefined) throw new Error('the plan does not tell where its machine is');
    await done(sandbox, 'failover', {
      kind: 'sr.plan.failover',
      planId,
      direction,
      shutdownPrimary: false,
      pointType: 'LatestProcessed',
      multiVmSync: false,
    });
    await done(sandbox, 'commit', { kind: 'sr.plan.commit', planId });
    const { item } = await onlyItem(sandbox);
    const reversed = mustBeRead(
      'what the reversal needs',
      await sandbox.azure.read({ kind: 'sr.reversed', itemId: item.id }, sandbox.signal),
    );
    await done(sandbox, 'reversal of the protection', { kind: 'sr.switchProtection', itemId: item.id, ...reversed });
    const ready = await seenWithin(sandbox, 6 * HOUR_MS, async () => {
      const now = await readPlan(sandbox, planId, sandbox.signal);
      return now.kind === 'read' && now.machines.every((one) => isReady(one.item)) ? true : undefined;
    });
    if (ready === undefined) throw new Error('the machine was not protected again in 6 hours');
    return direction;
  } catch (error) {
    const item = await onlyItem(sandbox).catch(() => undefined);
    const where =
      item === undefined
        ? 'where it runs cannot be read'
        : `${item.item.protectionState ?? '?'}, active at ${item.item.activeLocation ?? '?'}`;
    sandbox.left.push(`the machine of the plan half way: ${where}`);
    throw error;
  }
}

function isReady(item: AzureReplicationItem): boolean {
  return allows(item, 'UnplannedFailover') && item.runningScenario === undefined;
}

async function done(sandbox: Sandbox, what: string, operation: AzureOperation): Promise<void> {
  const sinceMs = Date.now();
  const requestId = randomUUID();
  mustBeTaken(what, await send(sandbox, operation, requestId));
  const job = await endOf(sandbox, requestId, { sinceMs, limitMs: 2 * HOUR_MS });
  const why = job.errors.map(({ code, message }) => `${message} (${code})`).join('; ');
  if (job.state !== 'Succeeded') throw new Error(`${what}: its job ended ${job.state}: ${why}`);
}

async function endOf(sandbox: Sandbox, requestId: string, at: { readonly sinceMs: number; readonly limitMs: number }): Promise<AzureJob> {
  let jobId: string | undefined;
  const ended = await seenWithin(sandbox, at.limitMs, async () => {
    jobId ??= (await jobsOf(sandbox, requestId, at.sinceMs))[0]?.id;
    const job = jobId === undefined ? undefined : await sandbox.azure.read({ kind: 'sr.job', jobId }, sandbox.signal);
    return job?.kind === 'found' && ENDED.test(job.value.state) ? job.value : undefined;
  });
  if (ended === undefined) throw new Error(`${jobId ?? 'a job with our request id'} did not end in ${at.limitMs / HOUR_MS} h`);
  return ended;
}

async function jobsOf({ azure, planId = '', signal }: Sandbox, requestId: string, sinceMs: number): Promise<readonly AzureJob[]> {
  const vaultId = armIdUpTo(planId, 'vaults') ?? '';
  const listed = await azure.read({ kind: 'sr.jobs', vaultId, sinceMs: sinceMs - JOB_WINDOW_MARGIN_MS }, signal);
  if (listed.kind !== 'found') return [];
  const read = await Promise.all(listed.value.slice(0, 20).map(({ id }) => azure.read({ kind: 'sr.job', jobId: id }, signal)));
  return read.flatMap((job) => (job.kind === 'found' && job.value.clientRequestId === requestId ? [job.value] : []));
}

async function planOf(sandbox: Sandbox): Promise<PlanState> {
  const read = await readPlan(sandbox, sandbox.planId ?? '', sandbox.signal);
  if (read.kind === 'read') return read;
  throw new RunwardError('ARM_REFUSED', `${read.what}: ${read.problem.kind}: ${read.problem.message}`);
}

async function onlyItem(sandbox: Sandbox): Promise<{ readonly item: AzureReplicationItem }> {
  const { machines } = await planOf(sandbox);
  const [one, ...others] = machines;
  if (one === undefined || others.length > 0)
    throw new RunwardError('USAGE_FLAG', `the plan holds ${machines.length} machines, and must hold this one alone`);
  return one;
}

function longHeaders({ traffic }: Sandbox): Verdict {
  const longest = Math.max(
    0,
    ...traffic.map(({ headers }) => `${headers['azure-asyncoperation'] ?? ''}${headers['location'] ?? ''}`.length),
  );
  if (longest < LONG_HEADERS)
    return { id: 'U18', verdict: 'not_run', seen: `the longest pair of operation URLs had ${longest} characters` };
  return verdict('U18', true, `a pair of operation URLs of ${longest} characters came through`);
}

function nonEmpty<Value>(list: readonly Value[]): readonly Value[] | undefined {
  return list.length === 0 ? undefined : list;
}
