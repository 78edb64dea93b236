import { readFile, stat } from 'node:fs/promises';
import type { Azure } from '../../engine/azure-calls.ts';
import type { Config } from '../../engine/config.ts';
import { RunwardError } from '../../engine/errors.ts';
import { createAzure } from './azure.ts';
import type { AzureCredentialConfig } from './config.ts';

/** Azure as the settings name it. Throws USAGE_CONFIG_INVALID when the secret's file is missing, open to others, or half of an identity is named. */
export async function azureFromConfig(config: Pick<Config, 'azure' | 'leaseMs'>, version: string): Promise<Azure> {
  const { armEndpoint, authorityHost, caFile, replicationCache, restoreStaging } = config.azure;
  return createAzure({
    armEndpoint,
    authorityHost,
    credential: await credentialOf(config.azure),
    version,
    replicationCache,
    restoreStaging,
    // A send must not outlive the lease that it was made under.
    requestTimeoutMs: Math.min(config.leaseMs, 30_000),
    ...(caFile === undefined ? {} : { caFile }),
  });
}

async function credentialOf(azure: Config['azure']): Promise<AzureCredentialConfig> {
  const { tenantId, clientId, clientSecretFile } = azure;
  if (tenantId === undefined && clientSecretFile === undefined) {
    return { kind: 'managed-identity', ...(clientId === undefined ? {} : { clientId }) };
  }
  if (tenantId === undefined || clientId === undefined || clientSecretFile === undefined) {
    throw new RunwardError(
      'USAGE_CONFIG_INVALID',
      'azure: an identity with a secret needs tenantId, clientId and clientSecretFile together',
    );
  }
  return { kind: 'client-secret', tenantId, clientId, clientSecret: await readSecret(clientSecretFile) };
}

async function readSecret(file: string): Promise<string> {
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) throw new Error('others can read it: chmod 0600');
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RunwardError('USAGE_CONFIG_INVALID', `azure.clientSecretFile ${file}: ${why}`, { file }, error);
  }
}
