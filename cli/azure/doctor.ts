import { createAzure } from '../../adapters/azure/azure.ts';
import type { AzureIdentity } from '../../adapters/azure/identity.ts';
import { readIdentity } from '../../adapters/azure/identity.ts';
import type { AzureConfig } from '../../adapters/azure/config.ts';
import { roleFor } from '../../engine/actions/azure-roles.ts';
import { actions } from '../../engine/actions/registry.ts';
import { RunwardError } from '../../engine/errors.ts';
import { loadDocuments } from '../../engine/language/load.ts';
import type { NeededRight } from '../../engine/plan/rights.ts';
import { neededRights, placesOfRunbook } from '../../engine/plan/rights.ts';
import type { DoctorFinding } from '../finding-table.ts';
import { doctorOutcome, findingTable } from '../finding-table.ts';
import { pairsOf } from '../flags.ts';
import type { Flags } from '../flags.ts';
import type { Session } from '../program-options.ts';
import { readDocuments } from '../project-documents.ts';
import { clockFinding, readScopes, rightFindings, unplacedFindings } from './grants.ts';
import { leftoverFindings } from './leftovers.ts';
import { azureHere } from './settings.ts';

/** `doctor azure`: exit code 1 when something is missing or could not be checked, 0 otherwise. */
export async function examineAzure(session: Session, _args: readonly unknown[], flags: Flags): Promise<number> {
  const needed = await neededHere(session, flags);
  const { azure } = await azureHere();
  const findings: DoctorFinding[] = [cloudFinding(azure)];
  const identity = await identityOf(azure, findings);
  const signal = session.timeoutMs === undefined ? new AbortController().signal : AbortSignal.timeout(session.timeoutMs);
  const calls = createAzure(azure);
  const scopes = identity === undefined ? [] : await readScopes(calls, needed, signal);
  if (identity !== undefined) {
    findings.push(clockFinding(scopes), ...scopes.flatMap((scope) => rightFindings(scope, identity)), ...unplacedFindings(needed));
    findings.push(...(await leftoverFindings(calls, needed, { nowMs: Date.now(), signal })));
    if (needed.length === 0) findings.push(NOTHING_ASKED);
  }
  const outcome = doctorOutcome(findings);
  session.output.data({
    text: () => findingTable(findings),
    json: {
      apiVersion: 'runward/v1',
      kind: 'AzureDoctor',
      outcome,
      ...(identity === undefined ? {} : { identity: identityJson(identity) }),
      checks: findings,
      scopes: scopes.map(({ rights }) => rights),
    },
    lines: findings,
    names: findings.filter(({ status }) => status !== 'ok').map(({ check }) => check),
  });
  return outcome === 'failed' ? 1 : 0;
}

const NOTHING_ASKED: DoctorFinding = {
  status: 'unknown',
  check: 'rights',
  detail: 'not checked: no runbook of this folder works on Azure, and no --scope was given',
  repair: 'runward doctor azure --project DIR, or --scope ARM_ID --action NAME',
};

/** What is checked: the named actions at the named scopes, or what the runbooks of the project need. Throws USAGE_FLAG for half of a question. */
async function neededHere(session: Session, flags: Flags): Promise<readonly NeededRight[]> {
  const scopes = pairsOf(flags, 'scope');
  const names = pairsOf(flags, 'action');
  if (scopes.length === 0 && names.length > 0) throw new RunwardError('USAGE_FLAG', '--action needs --scope: where is it to be checked?');
  for (const scope of scopes)
    if (!/^\/subscriptions\/[^/]+/i.test(scope))
      throw new RunwardError('USAGE_FLAG', `--scope ${scope}: an ARM id begins with /subscriptions/`);
  if (scopes.length > 0) return scopes.flatMap((scope) => askedFor(names.length > 0 ? names : [...actions.keys()], scope));
  const { asked, beside } = await readDocuments([], session.project);
  const loaded = loadDocuments([...asked, ...beside], { actions });
  return [...loaded.runbooks.values()].flatMap(({ runbook }) =>
    neededRights(
      runbook,
      placesOfRunbook(runbook, (name) => loaded.inventories.get(name)?.inventory.hosts ?? []),
      actions,
    ),
  );
}

function askedFor(names: readonly string[], scope: string): readonly NeededRight[] {
  return names.flatMap((name) => {
    const action = actions.get(name) ?? actions.get(`${name}@1`);
    if (action === undefined)
      throw new RunwardError('USAGE_FLAG', `--action ${name}: there is no such action; runward explain --actions lists them`);
    return action.permissions.map((right) => ({ right, action: action.name, role: roleFor(action.name), scope }));
  });
}

function cloudFinding({ cloud, armEndpoint, proxy }: AzureConfig): DoctorFinding {
  const through = proxy === undefined ? 'no proxy' : `proxy ${proxy}`;
  return { status: 'ok', check: 'cloud', detail: `${cloud ?? 'public'} · ${armEndpoint ?? ''} · ${through}` };
}

async function identityOf(azure: AzureConfig, findings: DoctorFinding[]): Promise<AzureIdentity | undefined> {
  try {
    const identity = await readIdentity(azure);
    const { credential, tenantId, objectId, name, isPerson, expiresAtMs } = identity;
    const minutes = Math.round((expiresAtMs - Date.now()) / 60_000);
    const detail = `${credential} · ${name ?? 'no name'} · object ${objectId ?? 'not told'} · tenant ${tenantId ?? 'not told'} · token ends in ${minutes} min`;
    findings.push(
      isPerson
        ? { status: 'warn', check: 'identity', detail: `${detail} · a person: a worker in production refuses it` }
        : { status: 'ok', check: 'identity', detail },
    );
    return identity;
  } catch (error) {
    if (!(error instanceof RunwardError) || error.code !== 'ARM_NO_TOKEN') throw error;
    findings.push({ status: 'fail', check: 'identity', detail: error.message.replace('; runward doctor azure shows more', '') });
    return undefined;
  }
}

function identityJson(identity: AzureIdentity): object {
  const { credential, cloud, tenantId, objectId, name, isPerson, expiresAtMs } = identity;
  return { credential, endpoint: cloud.endpoint, tenantId, objectId, name, isPerson, expiresAt: new Date(expiresAtMs).toISOString() };
}
