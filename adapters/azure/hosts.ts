import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { AZURE_CLOUDS, azureHosts } from '../../engine/azure-clouds.ts';
import { RunwardError } from '../../engine/errors.ts';
import type { AzureCloud, AzureConfig } from './config.ts';

/** The cloud of a configuration. Throws USAGE_CONFIG_INVALID for an endpoint that is not https: tokens never travel in plain text. */
export function cloudOf(config: Pick<AzureConfig, 'cloud' | 'armEndpoint' | 'authorityHost' | 'audience'>): AzureCloud {
  const hosts = azureHosts(config);
  const endpoint = httpsOrigin('armEndpoint', hosts.armEndpoint);
  const authorityHost = httpsOrigin('authorityHost', hosts.authorityHost);
  const clouds = Object.values(AZURE_CLOUDS);
  // The resource manager of a cloud is the audience of its tokens; SDKs ask for that of the public cloud at every other address.
  const known = clouds.some(({ arm }) => arm === endpoint) ? endpoint : AZURE_CLOUDS.public.arm;
  return {
    endpoint,
    authorityHost,
    audience: `${(config.audience ?? known).replace(/\/+$/, '')}/.default`,
    // Instance discovery works at the sign-in of Microsoft's own clouds, and only there.
    custom: !clouds.some(({ login }) => login === authorityHost),
  };
}

/** Hosts (with port, if it is not 443) that may get a token: ARM itself and what the configuration adds. */
export function allowedHostsOf(cloud: AzureCloud, extraHosts: readonly string[]): readonly string[] {
  return [new URL(cloud.endpoint).host, ...extraHosts].map((host) => host.toLowerCase());
}

/** True for an https URL at a listed host or at a regional host below it, such as `westeurope.management.azure.com`. */
function isAllowedUrl(url: string, allowedHosts: readonly string[]): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, host, username } = new URL(url);
  if (protocol !== 'https:' || username !== '') return false;
  return allowedHosts.some((allowed) => host.toLowerCase() === allowed || host.toLowerCase().endsWith(`.${allowed}`));
}

/** Refuses every request to a host that is not listed: SDK clients attach the token to whatever host a URL from an answer names. */
export function hostsPolicy(allowedHosts: readonly string[]): PipelinePolicy {
  return {
    name: 'runwardHosts',
    sendRequest: async (request, next) => {
      if (isAllowedUrl(request.url, allowedHosts)) return next(request);
      const host = URL.canParse(request.url) ? new URL(request.url).host : 'an unreadable URL';
      throw new RunwardError('ARM_NOT_ALLOWED', `${host} is not on the list of hosts that may get a token`);
    },
  };
}

function httpsOrigin(name: string, url: string): string {
  if (URL.canParse(url) && new URL(url).protocol === 'https:') return new URL(url).origin;
  throw new RunwardError('USAGE_CONFIG_INVALID', `azure.${name} must be an https URL, not ${JSON.stringify(url)}`);
}
