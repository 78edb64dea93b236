import { readFile, stat } from 'node:fs/promises';
import type { Azure, AzureLimits } from '../../engine/azure-calls.ts';
import type { Config } from '../../engine/config.ts';
import { RunwardError } from '../../engine/errors.ts';
import { createLimitedAzure } from './azure.ts';
import type { AzureConfig, AzureCredentialConfig } from './config.ts';

/** Azure as the settings name it. Throws USAGE_CONFIG_INVALID when the file of a secret is missing or open to others. */
export async function azureFromConfig(config: Pick<Config, 'azure' | 'leaseMs'>, version: string): Promise<Azure> {
  return (await limitedAzureFromConfig(config, version)).azure;
}

/** Azure as the settings name it, with what is left of its limits. Throws as `azureFromConfig`. */
export async function limitedAzureFromConfig(
  config: Pick<Config, 'azure' | 'leaseMs'>,
  version: string,
): Promise<{ readonly azure: Azure; readonly limits: AzureLimits }> {
  return createLimitedAzure(await azureConfigOf(config, version));
}

/** How Azure is reached by the settings. Throws USAGE_CONFIG_INVALID when the file of a secret is missing or open to others. */
export async function azureConfigOf({ azure, leaseMs }: Pick<Config, 'azure' | 'leaseMs'>, version: string): Promise<AzureConfig> {
  const { cloud, armEndpoint, authorityHost, audience, proxy, caFile, extraHosts, replicationCache, restoreStaging } = azure;
  return {
    cloud,
    armEndpoint,
    authorityHost,
    extraHosts,
    credential: await credentialOf(azure),
    version,
    replicationCache,
    restoreStaging,
    // A send must not outlive the lease that it was made under. A read may: it changes nothing, and the server's plans have no lease.
    submitTimeoutMs: Math.min(leaseMs, 30_000),
    ...(audience === undefined ? {} : { audience }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(caFile === undefined ? {} : { caFile }),
  };
}

/**
 * A worker acts by itself, so in production it has an identity of its own.
 * Throws USAGE_CONFIG_INVALID when it would act as the person who is signed in to the Azure CLI.
 */
export function refusePersonalIdentity(config: Pick<Config, 'azure' | 'environment'>): void {
  if (config.azure.credential !== 'cli' || config.environment !== 'production') return;
  throw new RunwardError(
    'USAGE_CONFIG_INVALID',
    'azure.credential cli: a worker in production does not act as the person who is signed in to the Azure CLI; give it an identity of its own (managed-identity, workload-identity or client-secret), or set environment to what it works for if that is not production',
  );
}

async function credentialOf(azure: Config['azure']): Promise<AzureCredentialConfig> {
  const { tenantId = '', clientId = '', clientSecretFile = '', federatedTokenFile = '' } = azure;
  switch (azure.credential ?? (clientSecretFile === '' ? 'managed-identity' : 'client-secret')) {
    case 'managed-identity':
      refuseExchange();
      return { kind: 'managed-identity', ...(clientId === '' ? {} : { clientId }) };
    case 'workload-identity':
      return { kind: 'workload-identity', tenantId, clientId, tokenFilePath: federatedTokenFile };
    case 'client-secret':
      return { kind: 'client-secret', tenantId, clientId, clientSecret: await readSecret(clientSecretFile) };
    case 'cli':
      return { kind: 'cli', ...(tenantId === '' ? {} : { tenantId }) };
  }
}

// With these three the SDK would exchange the token of a pod, silently, although a managed identity is what was asked for.
function refuseExchange(): void {
  const names = ['AZURE_FEDERATED_TOKEN_FILE', 'AZURE_TENANT_ID', 'AZURE_CLIENT_ID'];
  if (!names.slice(0, 2).every((name) => (process.env[name] ?? '') !== '')) return;
  throw new RunwardError(
    'USAGE_CONFIG_INVALID',
    `azure.credential managed-identity: the environment holds a workload identity (${names.join(', ')}); set azure.credential to workload-identity with its tenantId, clientId and federatedTokenFile, or remove these variables`,
  );
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
