/** Clouds by name: public, sovereign, or one with addresses of its own. */
export const AZURE_CLOUD_NAMES = ['public', 'usgov', 'china', 'custom'] as const;

/** The name of a cloud. */
export type AzureCloudName = (typeof AZURE_CLOUD_NAMES)[number];

/** Where Azure Resource Manager and the sign-in of a cloud are (learn.microsoft.com, "Azure Government" and "Azure China" endpoints). */
export const AZURE_CLOUDS: Readonly<Record<Exclude<AzureCloudName, 'custom'>, { readonly arm: string; readonly login: string }>> = {
  public: { arm: 'https://management.azure.com', login: 'https://login.microsoftonline.com' },
  usgov: { arm: 'https://management.usgovcloudapi.net', login: 'https://login.microsoftonline.us' },
  china: { arm: 'https://management.chinacloudapi.cn', login: 'https://login.chinacloudapi.cn' },
};

/** The addresses that settings mean: those of the named cloud, or their own. An address that is not given is that of the public cloud. */
export function azureHosts(settings: {
  readonly cloud?: AzureCloudName | undefined;
  readonly armEndpoint?: string | undefined;
  readonly authorityHost?: string | undefined;
}): { readonly cloud: AzureCloudName; readonly armEndpoint: string; readonly authorityHost: string } {
  const { armEndpoint, authorityHost } = settings;
  const cloud = settings.cloud ?? (armEndpoint === undefined && authorityHost === undefined ? 'public' : 'custom');
  const known = AZURE_CLOUDS[cloud === 'custom' ? 'public' : cloud];
  return { cloud, armEndpoint: armEndpoint ?? known.arm, authorityHost: authorityHost ?? known.login };
}
