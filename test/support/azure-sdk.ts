import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { ComputeManagementClient } from '@azure/arm-compute';
import { RecoveryServicesBackupClient } from '@azure/arm-recoveryservicesbackup';
import { SiteRecoveryManagementClient } from '@azure/arm-recoveryservices-siterecovery';
import { ClientSecretCredential } from '@azure/identity';
import type { IncomingHttpHeaders } from 'node:http';
import type { SimulatorReady } from './simulator.ts';

/** Unmodified SDK clients of a simulator, without retries, and the means for raw requests. */
export interface SdkClients {
  readonly credential: ClientSecretCredential;
  readonly compute: ComputeManagementClient;
  readonly siteRecovery: SiteRecoveryManagementClient;
  readonly backup: RecoveryServicesBackupClient;
  readonly raw: (
    method: string,
    url: string,
    init?: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> },
  ) => Promise<RawAnswer>;
}

/** What a raw request brought. `rawHeaders` keeps order, case and repetition. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly text: string;
}

/** Makes the clients of a simulator. */
export function sdkClients(ready: SimulatorReady): SdkClients {
  const ca = readFileSync(ready.caFile, 'utf8');
  const settings = { tlsOptions: { ca }, retryOptions: { maxRetries: 0 } };
  const credential = new ClientSecretCredential(ready.tenantId, ready.clientId, ready.clientSecret, {
    ...settings,
    authorityHost: ready.authorityHost,
    disableInstanceDiscovery: true,
  });
  return {
    credential,
    compute: new ComputeManagementClient(credential, ready.subscriptionId, { ...settings, endpoint: ready.endpoint }),
    backup: new RecoveryServicesBackupClient(credential, ready.subscriptionId, { ...settings, endpoint: ready.endpoint }),
    siteRecovery: new SiteRecoveryManagementClient(credential, ready.subscriptionId, { ...settings, endpoint: ready.endpoint }),
    raw: async (method, url, init = {}) => {
      const token = await credential.getToken('https://management.azure.com/.default');
      return send(url.startsWith('https:') ? url : `${ready.endpoint}${url}`, { method, ca, token: token.token, ...init });
    },
  };
}

async function send(
  url: string,
  given: {
    readonly method: string;
    readonly ca: string;
    readonly token: string;
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${given.token}`, 'content-type': 'application/json', ...given.headers };
    const sent = request(url, { method: given.method, ca: given.ca, headers, agent: false, maxHeaderSize: 64 * 1024 }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          rawHeaders: answer.rawHeaders,
          text: Buffer.concat(parts).toString('utf8'),
        }),
      );
      answer.on('error', reject);
    });
    sent.on('error', reject);
    if (given.body !== undefined) sent.write(JSON.stringify(given.body));
    sent.end();
  });
}
