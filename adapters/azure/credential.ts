import type { TokenCredential } from '@azure/identity';
import type { AzureCredentialConfig, AzurePipelineSettings } from './config.ts';
import { httpClientOver } from './connections.ts';
import { keptTokens } from './tokens.ts';

/** Makes the one credential that the configuration names. Authorities are not looked up elsewhere: a custom cloud is its own. */
export async function makeCredential(config: AzureCredentialConfig, settings: AzurePipelineSettings): Promise<TokenCredential> {
  const [identity, rest] = await Promise.all([import('@azure/identity'), import('@azure/core-rest-pipeline')]);
  const { cloud, tls, userAgent } = settings;
  const options = {
    authorityHost: cloud.authorityHost,
    disableInstanceDiscovery: cloud.custom,
    userAgentOptions: { userAgentPrefix: userAgent },
    httpClient: httpClientOver(rest.createDefaultHttpClient(), tls),
    retryOptions: { maxRetries: 2 },
  };
  const make = (): TokenCredential => {
    switch (config.kind) {
      case 'client-secret':
        return new identity.ClientSecretCredential(config.tenantId, config.clientId, config.clientSecret, options);
      case 'workload-identity':
        return new identity.WorkloadIdentityCredential({ ...options, ...config });
      case 'managed-identity':
        return new identity.ManagedIdentityCredential({
          ...options,
          ...(config.clientId === undefined ? {} : { clientId: config.clientId }),
        });
      case 'cli':
        return new identity.AzureCliCredential(config.tenantId === undefined ? {} : { tenantId: config.tenantId });
    }
  };
  return keptTokens(make(), config, Date.now);
}
