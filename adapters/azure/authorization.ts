import type { AzureLock } from '../../engine/azure-calls.ts';
import type { GrantedRights } from '../../engine/azure-rights.ts';
import { listResources, textAt, textsAt } from './arm.ts';
import type { Clients } from './clients.ts';

/** Lists what the caller may do at a scope; deny assignments are not in it. */
export async function listGranted(clients: Clients, scope: string, abortSignal: AbortSignal): Promise<readonly GrantedRights[]> {
  const entries = await listResources(clients, pathAt(scope, 'permissions', '2022-04-01'), abortSignal);
  return entries.map((entry) => ({ actions: textsAt(entry, 'actions'), notActions: textsAt(entry, 'notActions') }));
}

/** Lists the locks that hold at a scope, those of the scopes above it included. */
export async function listLocks(clients: Clients, scope: string, abortSignal: AbortSignal): Promise<readonly AzureLock[]> {
  const entries = await listResources(clients, pathAt(scope, 'locks', '2020-05-01'), abortSignal);
  return entries.map((entry) => ({
    name: textAt(entry, 'name') ?? '',
    level: textAt(entry, 'properties', 'level') ?? 'an unknown level',
    notes: textAt(entry, 'properties', 'notes'),
  }));
}

function pathAt(scope: string, type: string, version: string): string {
  const path = scope.split('/').map(encodeURIComponent).join('/');
  return `${path}/providers/Microsoft.Authorization/${type}?api-version=${version}`;
}
