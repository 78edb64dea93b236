import { retryAfter } from '../operations.ts';
import type { Operation } from '../operations.ts';
import type { Answer } from '../route.ts';
import type { Vault, World } from '../world.ts';
import { backupVaultId } from './item.ts';

const QUERY = 'api-version=2023-06-01';

/** Headers of a 202 whose operation is followed at the vault, as that of a deletion is: its item may be gone by then. */
export function vaultOperationHeaders(
  world: World,
  operation: Operation,
  given: { readonly vault: Vault; readonly jobName: string },
): NonNullable<Answer['headers']> {
  const vault = backupVaultId(world, given.vault);
  operation.jobName = given.jobName;
  operation.statusUrl = `${vault}/backupOperations/${operation.id}?${QUERY}`;
  operation.resultUrl = `${vault}/backupOperationResults/${operation.id}?${QUERY}`;
  return { 'Azure-AsyncOperation': world.endpoint + operation.statusUrl, ...location(world, operation) };
}

/** Headers of a 202 of which the result alone can be read, below what it is about: a cancel and a refresh have no status. */
export function resultHeaders(world: World, operation: Operation, resource: string): NonNullable<Answer['headers']> {
  operation.resultUrl = `${resource}/operationResults/${operation.id}?${QUERY}`;
  return location(world, operation);
}

function location(world: World, operation: Operation): Readonly<Record<string, string>> {
  return { Location: world.endpoint + operation.resultUrl, 'Retry-After': retryAfter(world, 60) };
}
