import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { RunwardError } from '../../engine/errors.ts';
import type { AzureCloud, AzureConfig } from './config.ts';

const ARM_HOST = 'management.azure.com';
const LOGIN_HOST = 'login.microsoftonline.com';

/** Login hosts of Microsoft's clouds: instance discovery works there, and only there. */
const LOGIN_HOSTS = [LOGIN_HOST, 'login.microsoftonline.us', 'login.chinacloudapi.cn'];
/** Resource managers of Microsoft's clouds: each is the audience of its own tokens. */
const ARM_HOSTS = [ARM_HOST, 'management.usgovcloudapi.net', 'management.chinacloudapi.cn'];

/** The cloud of a configuration. Throws USAGE_CONFIG_INVALID for an endpoint that is not https: tokens never travel in plain text. */
export function cloudOf(config: Pick<AzureConfig, 'armEndpoint' | 'authorityHost'>): AzureCloud {
  const endpoint = httpsOrigin('armEndpoint', config.armEndpoint ?? `https://${ARM_HOST}`);
  const authorityHost = httpsOrigin('authorityHost', config.authorityHost ?? `https://${LOGIN_HOST}`);
  const armHost = new URL(endpoint).host;
  return {
    endpoint,
    authorityHost,
    audience: `https://${ARM_HOSTS.includes(armHost) ? armHost : ARM_HOST}/.default`,
    custom: !LOGIN_HOSTS.includes(new URL(authorityHost).host),
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
