import type { Azure, AzureLock, AzureReadAnswer } from '../../engine/azure-calls.ts';
import type { AzureIdentity } from '../../adapters/azure/identity.ts';
import { armIdPart } from '../../engine/ids.ts';
import type { NeededRight, ScopeRights } from '../../engine/plan/rights.ts';
import { compareRights } from '../../engine/plan/rights.ts';
import type { DoctorFinding } from '../finding-table.ts';

/** What Azure said about one scope: rights, locks, and how far its clock is from ours (milliseconds, ours minus Azure's). */
export interface ScopeAnswer {
  readonly rights: ScopeRights;
  readonly locks: readonly AzureLock[] | string;
  readonly skewMs: number | undefined;
}

/** Further apart than this, times of Azure and times of ours must not be compared. */
const SKEW_MAX_MS = 30_000;
const SCOPES_AT_ONCE = 4;

/** Asks Azure for rights and locks at every scope that something is needed at. */
export async function readScopes(
  azure: Pick<Azure, 'read'>,
  needed: readonly NeededRight[],
  signal: AbortSignal,
): Promise<readonly ScopeAnswer[]> {
  const scopes = [...new Map(needed.flatMap(({ scope }) => (scope === undefined ? [] : [[scope.toLowerCase(), scope]]))).values()];
  const answers: ScopeAnswer[] = [];
  for (let start = 0; start < scopes.length; start += SCOPES_AT_ONCE) {
    const some = scopes.slice(start, start + SCOPES_AT_ONCE);
    answers.push(...(await Promise.all(some.map((scope) => readScope(azure, scope, needed, signal)))));
  }
  return answers;
}

async function readScope(
  azure: Pick<Azure, 'read'>,
  scope: string,
  needed: readonly NeededRight[],
  signal: AbortSignal,
): Promise<ScopeAnswer> {
  const granted = await azure.read({ kind: 'auth.permissions', scope }, signal);
  const nowMs = Date.now();
  const locks = await azure.read({ kind: 'auth.locks', scope }, signal);
  const here = needed.filter((one) => one.scope?.toLowerCase() === scope.toLowerCase());
  return {
    rights: compareRights(scope, here, valueOrWhy(granted)),
    locks: valueOrWhy(locks),
    skewMs: granted.kind === 'found' && granted.dateMs !== undefined ? nowMs - granted.dateMs : undefined,
  };
}

function valueOrWhy<Value>(answer: AzureReadAnswer<Value>): Value | string {
  return answer.kind === 'found' ? answer.value : `${answer.kind}: ${answer.message}`;
}

/** What the rights of one scope mean, and the commands that give what is missing. */
export function rightFindings(
  { rights, locks }: ScopeAnswer,
  identity: Pick<AzureIdentity, 'objectId' | 'isPerson'>,
): readonly DoctorFinding[] {
  const { scope, needed, missing, helpful, surplus, unreadable } = rights;
  const check = 'rights';
  const at = shortScope(scope);
  if (unreadable !== undefined) {
    return [{ status: 'unknown', check, detail: `${at}: not checked: ${unreadable}`, repair: assignment('Reader', scope, identity) }];
  }
  const findings: DoctorFinding[] = [];
  const must = needed.filter((one) => !helpful.includes(one));
  if (missing.length === 0) findings.push({ status: 'ok', check, detail: `${at}: ${count(must)} for ${actionsOf(must)}, all granted` });
  else {
    const roles = [...new Set(missing.map(({ role }) => role))];
    findings.push({
      status: 'fail',
      check,
      detail: `${at}: ${actionsOf(missing)} will be refused: ${count(missing)} missing`,
      repair: [
        ...[...new Set(missing.map(({ right }) => right))].map((right) => `missing ${right}`),
        ...roles.flatMap((role) => repairOf(role, scope, identity)),
      ],
    });
  }
  if (helpful.length > 0)
    findings.push({
      status: 'warn',
      check,
      detail: `${at}: work is followed by its job alone, not by its operation as well: ${[...new Set(helpful.map(({ right }) => right))].join(', ')}`,
      repair: [...new Set(helpful.map(({ role }) => role))].flatMap((role) => repairOf(role, scope, identity)),
    });
  if (surplus.length > 0)
    findings.push({
      status: 'warn',
      check,
      detail: `${at}: more than any action needs: ${surplus.join(', ')}`,
      repair: 'remove that role assignment',
    });
  return [...findings, ...lockFindings(at, needed, locks)];
}

function lockFindings(at: string, needed: readonly NeededRight[], locks: readonly AzureLock[] | string): readonly DoctorFinding[] {
  if (typeof locks === 'string') return [{ status: 'unknown', check: 'locks', detail: `${at}: not checked: ${locks}` }];
  return locks.map(({ name, level }) => {
    const deletes = needed.filter(({ right }) => /\/delete$/i.test(right));
    const changes = needed.filter(({ right }) => !/\/read$/i.test(right));
    const hit = level.toLowerCase() === 'readonly' ? changes : deletes;
    const meaning = hit.length === 0 ? 'no action here is held by it' : `${actionsOf(hit)} will be refused`;
    return {
      status: hit.length === 0 ? ('ok' as const) : ('warn' as const),
      check: 'locks',
      detail: `${at}: ${level} "${name}": ${meaning}`,
    };
  });
}

// A custom role must exist before it can be assigned; the file is the one that `azure roles` prints.
function repairOf(role: string, scope: string, identity: Pick<AzureIdentity, 'objectId' | 'isPerson'>): readonly string[] {
  const assign = assignment(role, scope, identity);
  if (!role.startsWith('runward-')) return [assign];
  const subscription = armIdPart(scope, 'subscriptions') ?? '';
  return [
    `once: runward azure roles --print ${role} --subscription ${subscription} > ${role}.json && az role definition create --role-definition ${role}.json`,
    assign,
  ];
}

function assignment(role: string, scope: string, { objectId, isPerson }: Pick<AzureIdentity, 'objectId' | 'isPerson'>): string {
  const type = isPerson ? 'User' : 'ServicePrincipal';
  return `az role assignment create --assignee-object-id ${objectId ?? '<object id>'} --assignee-principal-type ${type} --role "${role}" --scope ${scope}`;
}

function actionsOf(needed: readonly NeededRight[]): string {
  return [...new Set(needed.map(({ action }) => action))].toSorted().join(', ');
}

function count(needed: readonly NeededRight[]): string {
  const rights = new Set(needed.map(({ right }) => right)).size;
  return `${rights} ${rights === 1 ? 'right' : 'rights'}`;
}

// The last name of a scope is how people know it.
function shortScope(scope: string): string {
  const vault = armIdPart(scope, 'vaults');
  if (vault !== undefined) return `vault ${vault}`;
  const parts = scope.split('/');
  if (/\/providers\//i.test(scope)) return parts.slice(-2).join(' ');
  const group = armIdPart(scope, 'resourceGroups');
  return group === undefined ? `subscription ${parts.at(-1) ?? scope}` : `group ${group}`;
}

/** Whether times of Azure can be compared with ours, from the times that its answers name. */
export function clockFinding(scopes: readonly ScopeAnswer[]): DoctorFinding {
  const skews = scopes.flatMap(({ skewMs }) => (skewMs === undefined ? [] : [skewMs])).toSorted((left, right) => left - right);
  const median = skews[Math.floor(skews.length / 2)];
  if (median === undefined) return { status: 'unknown', check: 'clock', detail: 'not checked: no answer of Azure named its time' };
  const apart = `${(Math.abs(median) / 1000).toFixed(1)} s ${median < 0 ? 'behind' : 'ahead of'} Azure`;
  if (Math.abs(median) <= SKEW_MAX_MS) return { status: 'ok', check: 'clock', detail: `this computer is ${apart}` };
  return {
    status: 'fail',
    check: 'clock',
    detail: `this computer is ${apart}: RPO and the search for earlier work would be wrong`,
    repair: 'set its clock: timedatectl set-ntp true',
  };
}

/** What only a run will know cannot be checked beforehand: it is said, so that nobody takes it for checked. */
export function unplacedFindings(needed: readonly NeededRight[]): readonly DoctorFinding[] {
  const open = needed.filter(({ scope }) => scope === undefined);
  return [...new Set(open.map(({ place = '' }) => place))].map((place) => {
    const mine = open.filter((one) => one.place === place);
    const names = [...new Set(mine.map(({ action }) => action))].toSorted();
    const roles = [...new Set(mine.map(({ role }) => role))];
    return {
      status: 'warn',
      check: 'rights',
      detail: `${place}: not checked for ${names.join(', ')}`,
      repair: `look there with: runward doctor azure --scope ARM_ID${names.map((name) => ` --action ${name}`).join('')}; the role is ${roles.join(', ')}`,
    };
  });
}
