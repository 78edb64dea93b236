import { readFileSync } from 'node:fs';
import { RecoveryServicesClient } from '@azure/arm-recoveryservices';
import { ResourceManagementClient } from '@azure/arm-resources';
import { sdkClients } from '../support/azure-sdk.ts';
import type { RawAnswer, SdkClients } from '../support/azure-sdk.ts';
import type { SimulatorReady } from '../support/simulator.ts';

/** A request as it left and the answer as it came. */
export interface Exchange {
  readonly via: 'sdk' | 'raw' | 'recording';
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly sent: unknown;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly answer: unknown;
}

/** The SDK clients of a simulator with everything that passes written down. */
export interface Capture {
  readonly azure: SdkClients;
  readonly vaults: RecoveryServicesClient;
  readonly resources: ResourceManagementClient;
  readonly exchanges: Exchange[];
  readonly raw: (method: string, url: string, body?: unknown) => Promise<RawAnswer>;
}

interface PipelineRequest {
  readonly url: string;
  readonly method: string;
  readonly body?: unknown;
}

interface PipelineAnswer {
  readonly status: number;
  readonly headers: { readonly toJSON: () => Record<string, string> };
  readonly bodyAsText?: string | null;
}

/** Wraps the clients of a simulator. The policy only looks; requests and answers pass unchanged. */
export function capture(ready: SimulatorReady): Capture {
  const azure = sdkClients(ready);
  const settings = {
    endpoint: ready.endpoint,
    tlsOptions: { ca: readFileSync(ready.caFile, 'utf8') },
    retryOptions: { maxRetries: 0 },
  };
  const vaults = new RecoveryServicesClient(azure.credential, ready.subscriptionId, settings);
  const resources = new ResourceManagementClient(azure.credential, ready.subscriptionId, settings);
  const exchanges: Exchange[] = [];
  const look = {
    name: 'capture',
    sendRequest: async <Request extends PipelineRequest, Answer extends PipelineAnswer>(
      request: Request,
      next: (given: Request) => Promise<Answer>,
    ): Promise<Answer> => {
      const answer = await next(request);
      const sent = typeof request.body === 'string' ? request.body : undefined;
      exchanges.push({
        via: 'sdk',
        ...place(request),
        sent: json(sent),
        status: answer.status,
        headers: answer.headers.toJSON(),
        answer: json(answer.bodyAsText),
      });
      return answer;
    },
  };
  // Behind the policy that turns refusals into exceptions, so that they are seen as well.
  for (const { pipeline } of [azure.compute, azure.backup, azure.siteRecovery, vaults, resources])
    pipeline.addPolicy(look, { afterPhase: 'Deserialize' });
  return {
    azure,
    vaults,
    resources,
    exchanges,
    raw: async (method, url, body) => {
      const answer = await azure.raw(method, url, body === undefined ? {} : { body });
      const headers = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, String(value)]));
      exchanges.push({
        via: 'raw',
        ...place({ method, url: new URL(url, ready.endpoint).href }),
        sent: body,
        status: answer.status,
        headers,
        answer: json(answer.text),
      });
      return answer;
    },
  };
}

function place(request: PipelineRequest): Pick<Exchange, 'method' | 'path' | 'query'> {
  const url = new URL(request.url);
  return { method: request.method, path: url.pathname, query: url.searchParams };
}

function json(text: string | null | undefined): unknown {
  if (text === undefined || text === null || text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
