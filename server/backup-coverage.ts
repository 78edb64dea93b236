import type { AzureReadAnswer, AzureVm } from '../engine/azure-calls.ts';
import { armIdPart } from '../engine/ids.ts';
import type { Runbook, TargetSource } from '../engine/language/runbook.ts';
import { BACKUP_MACHINES_MAX, PLAN_READS_AT_ONCE } from '../engine/limits.ts';
import { isWanted } from '../engine/plan/azure-machines.ts';
import { type BackupRead, byNeed, judgeBackup } from '../engine/recovery/backup-coverage.ts';
import { timeText } from '../engine/run/summary.ts';
import type { ServerContext } from './context.ts';
import type { Caller } from './identify.ts';
import { sees } from './identify.ts';
import { placeOf } from './projects.ts';
import { testedAt } from './restore-tests.ts';

/**
 * Every machine of the subscriptions that the caller's runbooks name, with its newest recovery point, what was promised, and when a restore of
 * it was proved; who needs somebody comes first. A subscription or machine that could not be read is shown as unknown. Machines are looked at in
 * the order of their ids, a page at a time: `next` is where the following page goes on, and is absent on the last one.
 */
export async function backupCoverage(context: ServerContext, caller: Caller, { after = '' }: { readonly after?: string | undefined } = {}) {
  const { projects, ports } = context;
  const loaded = [...(await projects.current()).runbooks.values()].filter((one) => sees(caller, placeOf(one)));
  const runbooks = loaded.map(({ runbook }) => runbook);
  const subscriptions = [
    ...new Set(runbooks.flatMap(({ targets }) => Object.values(targets).flatMap(({ source }) => subscriptionsOf(source)))),
  ];
  const tested = await restoreTests(context, runbooks);
  const nowMs = await ports.store.nowMs();

  const unread: { readonly subscription: string; readonly message: string }[] = [];
  const machines: AzureVm[] = [];
  for (const subscription of subscriptions.toSorted()) {
    const listed = await ports.azure.read({ kind: 'vm.list', subscription }, context.closing);
    if (listed.kind === 'found') machines.push(...listed.value);
    else unread.push({ subscription, message: listed.message });
  }
  const rows: ReturnType<typeof rowOf>[] = [];
  const waiting = machines.filter(({ id }) => id.toLowerCase() > after.toLowerCase()).toSorted(byId);
  const looked = waiting.slice(0, BACKUP_MACHINES_MAX);
  for (let at = 0; at < looked.length; at += PLAN_READS_AT_ONCE) {
    const some = looked.slice(at, at + PLAN_READS_AT_ONCE);
    const reads = await Promise.all(some.map((vm) => readBackup(context, vm)));
    some.forEach((vm, index) => rows.push(rowOf(vm, { ...reads[index], runbooks, tested, nowMs })));
  }
  const items = rows.toSorted((left, right) => byNeed(left.judged, right.judged) || (left.view.machine < right.view.machine ? -1 : 1));
  const next = waiting.length > looked.length ? looked.at(-1)?.id : undefined;
  return { items: items.map(({ view }) => view), unread, ...(next === undefined ? {} : { next }) };
}

function byId(left: AzureVm, right: AzureVm): number {
  return left.id.toLowerCase() < right.id.toLowerCase() ? -1 : 1;
}

function subscriptionsOf(source: TargetSource): readonly string[] {
  if (source.kind === 'azure') return source.subscriptions;
  return source.kind === 'recovery_plan' ? [source.subscription] : [];
}

async function restoreTests(context: ServerContext, runbooks: readonly Runbook[]): Promise<ReadonlyMap<string, number>> {
  const newest = new Map<string, number>();
  for (const runbook of runbooks.filter(({ purposes }) => purposes.includes('restore-test'))) {
    for (const [id, atMs] of Object.entries(await testedAt(context, runbook))) newest.set(id, Math.max(newest.get(id) ?? 0, atMs));
  }
  return newest;
}

async function readBackup(
  { ports, closing }: ServerContext,
  vm: AzureVm,
): Promise<{ readonly read: BackupRead; readonly azureMs?: number }> {
  const status = await ports.azure.read({ kind: 'backup.status', vmId: vm.id, location: vm.location }, closing);
  if (status.kind !== 'found') return { read: unread(status) };
  const { itemId } = status.value;
  if (itemId === undefined) return { read: { kind: 'in_no_vault' } };
  const item = await ports.azure.read({ kind: 'backup.item', itemId }, closing);
  if (item.kind !== 'found') return { read: unread(item) };
  // The age of a point is taken by the clock that has written it.
  return { read: { kind: 'protected', item: item.value }, ...(item.dateMs === undefined ? {} : { azureMs: item.dateMs }) };
}

function unread(answer: Exclude<AzureReadAnswer<unknown>, { kind: 'found' }>): BackupRead {
  return { kind: 'unread', message: answer.message };
}

interface Known {
  readonly read?: BackupRead;
  readonly azureMs?: number;
  readonly runbooks: readonly Runbook[];
  readonly tested: ReadonlyMap<string, number>;
  readonly nowMs: number;
}

function rowOf(vm: AzureVm, { read = { kind: 'unread', message: 'it was not looked at' }, azureMs, runbooks, tested, nowMs }: Known) {
  const testedAtMs = tested.get(vm.id.toLowerCase());
  const judged = judgeBackup({ read, rpoMs: promisedMs(vm, runbooks), testedAtMs, nowMs: azureMs ?? nowMs });
  const { pointAtMs, testedAtMs: provedAtMs, ...rest } = judged;
  const view = {
    machine: vm.name,
    id: vm.id,
    resourceGroup: armIdPart(vm.id, 'resourceGroups')?.toLowerCase() ?? '',
    ...rest,
    ...(pointAtMs === undefined ? {} : { pointAt: timeText(pointAtMs) }),
    ...(provedAtMs === undefined ? {} : { restoreTestAt: timeText(provedAtMs) }),
  };
  return { judged, view };
}

/** The shortest promise of the runbooks that back a machine up or restore it: whoever made it meant this machine as well. */
function promisedMs(vm: AzureVm, runbooks: readonly Runbook[]): number | undefined {
  const promises = runbooks.flatMap(({ purposes, objectives, targets }) => {
    if (objectives?.rpoMs === undefined || !purposes.some((purpose) => purpose === 'backup' || purpose === 'restore-test')) return [];
    const means = Object.values(targets).some(({ source }) => source.kind === 'azure' && isWanted(vm, source));
    return means ? [objectives.rpoMs] : [];
  });
  return promises.length === 0 ? undefined : Math.min(...promises);
}
