import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { RunwardError } from '../../engine/errors.ts';
import type { AzureCloud, AzureCloudConfig } from './config.ts';

const CLOUDS = {
  public: { arm: 'management.azure.com', login: 'login.microsoftonline.com' },
  usgov: { arm: 'management.usgovcloudapi.net', login: 'login.microsoftonline.us' },
  china: { arm: 'management.chinacloudapi.cn', login: 'login.chinacloudapi.cn' },
} as const;

/** The hosts of a cloud. Throws USAGE_CONFIG_INVALID for a custom endpoint that is not https: tokens never travel in plain text. */
export function cloudOf(config: AzureCloudConfig): AzureCloud {
  if (config.kind !== 'custom') {
    const { arm, login } = CLOUDS[config.kind];
    return { endpoint: `https://${arm}`, authorityHost: `https://${login}`, audience: `https://${arm}/.default`, custom: false };
  }
  const endpoint = httpsOrigin('endpoint', config.endpoint);
  const authorityHost = httpsOrigin('authorityHost', config.authorityHost);
  return { endpoint, authorityHost, audience: `https://${CLOUDS.public.arm}/.default`, custom: true };
}

/** Hosts (with port, if it is not 443) that may get a token: ARM itself and what the configuration adds. */
export function allowedHostsOf(cloud: AzureCloud, extraHosts: readonly string[]): readonly string[] {
  return [new URL(cloud.endpoint).host, ...extraHosts].map((host) => host.toLowerCase());
}

/** True for an https URL at a listed host or at a regional host below it, such as `westeurope.management.azure.com`. */
export function isAllowedUrl(url: string, allowedHosts: readonly string[]): boolean {
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
