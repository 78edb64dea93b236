import { readFile } from 'node:fs/promises';
import type { ComputeManagementClient } from '@azure/arm-compute';
import type { RecoveryServicesBackupClient } from '@azure/arm-recoveryservicesbackup';
import type { SiteRecoveryManagementClient } from '@azure/arm-recoveryservices-siterecovery';
import type { HttpClient, Pipeline, PipelinePolicy, PipelineResponse } from '@azure/core-rest-pipeline';
import { READ_RETRY_MAX } from '../../engine/limits.ts';
import type { AzureConfig, AzurePipelineSettings } from './config.ts';
import type { Budget } from './budget.ts';
import type { CallOptions } from './call-options.ts';
import { httpClientOver } from './connections.ts';
import { makeCredential } from './credential.ts';
import { allowedHostsOf, cloudOf, hostsPolicy } from './hosts.ts';
import { readOnlyPolicy, submitOnlyPolicy } from './wire.ts';

/** The clients of one subscription. */
export interface ClientSet {
  readonly compute: ComputeManagementClient;
  readonly siteRecovery: SiteRecoveryManagementClient;
  readonly backup: RecoveryServicesBackupClient;
}

/** All clients that share one credential. The only place where clients are constructed. */
export interface Clients {
  readonly settings: AzurePipelineSettings;
  /** Clients that send one request, once, and read nothing. */
  readonly submit: (subscription: string) => ClientSet;
  /** Clients that only read and repeat a failed GET. */
  readonly read: (subscription: string) => ClientSet;
  /** GET of a full URL through the read pipeline, for providers and operation URLs without an SDK call; bytes of the URL stay as they are. */
  readonly get: (url: string, signal: AbortSignal) => Promise<PipelineResponse>;
  /** One request with an effect through the submit pipeline, for providers without an SDK package of ours. */
  readonly send: (request: ArmRequest, options: CallOptions) => Promise<PipelineResponse>;
}

/** A request to Azure Resource Manager; `body` is sent as JSON. */
export interface ArmRequest {
  readonly method: 'PUT' | 'PATCH' | 'DELETE' | 'POST';
  readonly url: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Loads the SDKs and builds clients with a fresh credential. Throws when the configuration or the CA file cannot be used. */
export async function makeClients(config: AzureConfig, budget: Budget): Promise<Clients> {
  const [compute, siteRecovery, backup, rest] = await Promise.all([
    import('@azure/arm-compute'),
    import('@azure/arm-recoveryservices-siterecovery'),
    import('@azure/arm-recoveryservicesbackup'),
    import('@azure/core-rest-pipeline'),
  ]);
  const settings = await pipelineSettings(config);
  const credential = await makeCredential(config.credential, settings);
  const { cloud, tls, userAgent, allowedHosts } = settings;
  const httpClient = observed(httpClientOver(rest.createDefaultHttpClient(), tls), config.observe);

  const shared = {
    endpoint: cloud.endpoint,
    credentialScopes: cloud.audience,
    credentials: { scopes: [cloud.audience] },
    userAgentOptions: { userAgentPrefix: userAgent },
    httpClient,
  };
  const build = (subscription: string, maxRetries: number, policy: PipelinePolicy): ClientSet => {
    const options = { ...shared, retryOptions: { maxRetries } };
    const set = {
      compute: new compute.ComputeManagementClient(credential, subscription, options),
      siteRecovery: new siteRecovery.SiteRecoveryManagementClient(credential, subscription, options),
      backup: new backup.RecoveryServicesBackupClient(credential, subscription, options),
    };
    for (const client of [set.compute, set.siteRecovery, set.backup]) harden(client.pipeline, allowedHosts, policy);
    return set;
  };

  const pipelineOf = (maxRetries: number, policy: PipelinePolicy): Pipeline => {
    const pipeline = rest.createPipelineFromOptions({
      userAgentOptions: { userAgentPrefix: userAgent },
      retryOptions: { maxRetries },
    });
    pipeline.addPolicy(rest.bearerTokenAuthenticationPolicy({ credential, scopes: cloud.audience }));
    harden(pipeline, allowedHosts, policy);
    return pipeline;
  };
  const reader = pipelineOf(READ_RETRY_MAX, readOnlyPolicy(budget));
  const sender = pipelineOf(0, submitOnlyPolicy(tls, budget));

  return {
    settings,
    submit: memoized((subscription) => build(subscription, 0, submitOnlyPolicy(tls, budget))),
    read: memoized((subscription) => build(subscription, READ_RETRY_MAX, readOnlyPolicy(budget))),
    get: (url, abortSignal) => reader.sendRequest(httpClient, rest.createPipelineRequest({ url, abortSignal })),
    send: ({ method, url, body, headers = {} }, { abortSignal, requestOptions }) => {
      const all = { ...requestOptions.headers, ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
      const content = body === undefined ? {} : { body: JSON.stringify(body) };
      return sender.sendRequest(
        httpClient,
        rest.createPipelineRequest({ url, method, abortSignal, headers: rest.createHttpHeaders(all), ...content }),
      );
    },
  };
}

function observed(client: HttpClient, observe: AzureConfig['observe']): HttpClient {
  if (observe === undefined) return client;
  return {
    sendRequest: async (request) => {
      const response = await client.sendRequest(request);
      const { authorization: _, ...requestHeaders } = request.headers.toJSON();
      observe({
        method: request.method,
        url: request.url,
        status: response.status,
        requestHeaders,
        headers: response.headers.toJSON(),
        body: typeof request.body === 'string' ? request.body : undefined,
        answer: response.bodyAsText || undefined,
      });
      return response;
    },
  };
}

/** What all pipelines of a configuration share. Throws when the CA file cannot be read, USAGE_CONFIG_INVALID for an endpoint that is not https. */
export async function pipelineSettings(config: AzureConfig): Promise<AzurePipelineSettings> {
  const cloud = cloudOf(config);
  return {
    cloud,
    tls: {
      ...(config.caFile === undefined ? {} : { ca: await readFile(config.caFile, 'utf8') }),
      ...(config.proxy === undefined ? {} : { proxy: config.proxy }),
    },
    allowedHosts: allowedHostsOf(cloud, config.extraHosts ?? []),
    userAgent: `runward/${config.version}`,
    replicationCache: byRegion(config.replicationCache),
    restoreStaging: byRegion(config.restoreStaging),
  };
}

function byRegion(entries: readonly string[] = []): ReadonlyMap<string, string> {
  return new Map(
    entries.map((entry) => {
      const [region = '', ...id] = entry.split('=');
      return [region.toLowerCase(), id.join('=')];
    }),
  );
}

/**
 * Takes out what may repeat, divert or log a request and puts our two policies next to the wire. With the redirect policy one
 * POST answered by 307 becomes 21 POSTs; the log policy would print bodies when AZURE_LOG_LEVEL is set.
 */
function harden(pipeline: Pipeline, allowedHosts: readonly string[], policy: PipelinePolicy): void {
  for (const name of ['redirectPolicy', 'proxyPolicy', 'logPolicy']) pipeline.removePolicy({ name });
  pipeline.addPolicy(policy, { afterPhase: 'Sign' });
  pipeline.addPolicy(hostsPolicy(allowedHosts), { afterPhase: 'Sign', afterPolicies: [policy.name] });
}

function memoized(build: (subscription: string) => ClientSet): (subscription: string) => ClientSet {
  const built = new Map<string, ClientSet>();
  return (subscription) => {
    const existing = built.get(subscription);
    if (existing) return existing;
    const made = build(subscription);
    built.set(subscription, made);
    return made;
  };
}
