import type { Azure, AzureReadAnswer } from '../../engine/azure-calls.ts';
import { armIdPart, armIdUpTo } from '../../engine/ids.ts';
import type { NeededRight } from '../../engine/plan/rights.ts';
import type { DoctorFinding } from '../finding-table.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MACHINES_AT_ONCE = 4;
/** A machine is asked once; of a large estate the first ones are. */
const MACHINES_MAX = 500;
const READS_SCRIPTS = /\/virtualMachines\/runCommands\/read$/i;
/** What an attempt is called at its machine: see `attemptName`. */
const OURS = /^rw-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}-/i;

/**
 * Scripts that a worker started and did not take away, because it died between the end and the removal: a machine holds 25 and refuses the
 * next. Looks at the machines of every scope where scripts run; younger than a day, somebody may still read them.
 */
export async function leftoverFindings(
  azure: Pick<Azure, 'read'>,
  needed: readonly Pick<NeededRight, 'right' | 'scope'>[],
  at: { readonly nowMs: number; readonly signal: AbortSignal },
): Promise<readonly DoctorFinding[]> {
  const scopes = new Map(
    needed.flatMap(({ right, scope }) => (scope === undefined || !READS_SCRIPTS.test(right) ? [] : [[scope.toLowerCase(), scope]])),
  );
  const findings: DoctorFinding[] = [];
  const machines = new Set<string>();
  for (const scope of scopes.values()) {
    const found = await machinesAt(azure, scope, at.signal);
    if (typeof found === 'string') findings.push({ status: 'unknown', check: CHECK, detail: `${scope}: not checked: ${found}` });
    else for (const id of found) machines.add(id.toLowerCase());
  }
  const asked = [...machines].slice(0, MACHINES_MAX);
  if (asked.length < machines.size)
    findings.push({
      status: 'unknown',
      check: CHECK,
      detail: `${machines.size - asked.length} machines were not asked, name smaller scopes`,
    });
  const answers: (readonly DoctorFinding[])[] = [];
  for (let start = 0; start < asked.length; start += MACHINES_AT_ONCE) {
    const some = asked.slice(start, start + MACHINES_AT_ONCE);
    answers.push(...(await Promise.all(some.map((vmId) => leftAt(azure, vmId, at)))));
  }
  findings.push(...answers.flat());
  if (findings.length > 0 || asked.length === 0) return findings;
  return [{ status: 'ok', check: CHECK, detail: `${asked.length} machines hold no script of ours that is older than a day` }];
}

const CHECK = 'scripts';

async function machinesAt(azure: Pick<Azure, 'read'>, scope: string, signal: AbortSignal): Promise<readonly string[] | string> {
  const vmId = armIdUpTo(scope, 'virtualMachines');
  if (vmId !== undefined) return [vmId];
  if (/\/providers\//i.test(scope)) return [];
  const listed = await azure.read({ kind: 'vm.list', subscription: armIdPart(scope, 'subscriptions') ?? '' }, signal);
  if (listed.kind !== 'found') return why(listed);
  const group = armIdPart(scope, 'resourceGroups')?.toLowerCase();
  return listed.value.map(({ id }) => id).filter((id) => group === undefined || armIdPart(id, 'resourceGroups')?.toLowerCase() === group);
}

async function leftAt(
  azure: Pick<Azure, 'read'>,
  vmId: string,
  { nowMs, signal }: { readonly nowMs: number; readonly signal: AbortSignal },
): Promise<readonly DoctorFinding[]> {
  const name = vmId.split('/').at(-1) ?? vmId;
  const listed = await azure.read({ kind: 'runCommand.list', vmId }, signal);
  if (listed.kind === 'missing') return [];
  if (listed.kind !== 'found') return [{ status: 'unknown', check: CHECK, detail: `${name}: not checked: ${why(listed)}` }];
  const left: string[] = [];
  for (const script of listed.value.filter((each) => OURS.test(each))) {
    const read = await azure.read({ kind: 'runCommand.get', vmId, name: script }, signal);
    if (read.kind === 'missing') continue;
    // What cannot be read may be old as well: it is shown, not passed over.
    const sinceMs = read.kind === 'found' ? read.value.startedAtMs : undefined;
    const ageMs = sinceMs === undefined ? undefined : nowMs - sinceMs;
    if (ageMs === undefined || ageMs > DAY_MS) left.push(`${script} ${ageMs === undefined ? 'of unknown age' : ageText(ageMs)}`);
  }
  if (left.length === 0) return [];
  const group = armIdPart(vmId, 'resourceGroups') ?? '';
  return [
    {
      status: 'warn',
      check: CHECK,
      detail: `${name}: ${left.length} of ours left, a machine holds 25: ${left.join(', ')}`,
      repair: left.map((line) => `az vm run-command delete --yes -g ${group} --vm-name ${name} --name ${line.split(' ')[0] ?? ''}`),
    },
  ];
}

function ageText(ageMs: number): string {
  return ageMs < 2 * DAY_MS ? `${Math.floor(ageMs / HOUR_MS)} h old` : `${Math.floor(ageMs / DAY_MS)} days old`;
}

function why(answer: Exclude<AzureReadAnswer<unknown>, { readonly kind: 'found' }>): string {
  return `${answer.kind}: ${answer.message}`;
}
