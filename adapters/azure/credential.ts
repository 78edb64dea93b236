import type { TokenCredential } from '@azure/identity';
import type { AzureCredentialConfig, AzurePipelineSettings } from './config.ts';

/** Makes the one credential that the configuration names. Authorities are not looked up elsewhere: a custom cloud is its own. */
export async function makeCredential(config: AzureCredentialConfig, settings: AzurePipelineSettings): Promise<TokenCredential> {
  const identity = await import('@azure/identity');
  const { cloud, tls } = settings;
  const options = {
    authorityHost: cloud.authorityHost,
    disableInstanceDiscovery: cloud.custom,
    ...(tls.ca === undefined ? {} : { tlsOptions: { ca: tls.ca } }),
  };
  switch (config.kind) {
    case 'client-secret':
      return new identity.ClientSecretCredential(config.tenantId, config.clientId, config.clientSecret, options);
    case 'workload-identity':
      return new identity.WorkloadIdentityCredential({ ...options, ...config });
    case 'managed-identity':
      return new identity.ManagedIdentityCredential(config.clientId === undefined ? {} : { clientId: config.clientId });
    case 'cli':
      return new identity.AzureCliCredential();
  }
}
