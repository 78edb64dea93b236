import type { AzureCloudName } from '../../engine/azure-clouds.ts';
import type { TlsOptions } from './connections.ts';

/** Which identity acts. There is no default chain: a silent fallback to another identity changes what a run may do. */
export type AzureCredentialConfig =
  | { readonly kind: 'client-secret'; readonly tenantId: string; readonly clientId: string; readonly clientSecret: string }
  | { readonly kind: 'workload-identity'; readonly tenantId: string; readonly clientId: string; readonly tokenFilePath: string }
  | { readonly kind: 'managed-identity'; readonly clientId?: string }
  | { readonly kind: 'cli'; readonly tenantId?: string };

/** How Azure is reached. */
export interface AzureConfig {
  /** Whose addresses hold where none is given below; `custom` when absent and one is given, else `public`. */
  readonly cloud?: AzureCloudName;
  /** Origin of Azure Resource Manager; a private cloud and the simulator have their own. */
  readonly armEndpoint?: string;
  /** Origin that tokens come from. */
  readonly authorityHost?: string;
  /** What tokens are asked for in a custom cloud. */
  readonly audience?: string;
  /** Proxy for Azure and its sign-in; the environment is never asked for one. */
  readonly proxy?: string;
  readonly credential: AzureCredentialConfig;
  /** PEM file with the authority that signed the endpoint's certificate; only for private clouds and the simulator. */
  readonly caFile?: string;
  /** Hosts besides those of the cloud that may get a token, for example a private link. */
  readonly extraHosts?: readonly string[];
  /** Cache storage accounts of Site Recovery as `REGION=ARM id`: reversed protection stages its writes in the region it comes from. */
  readonly replicationCache?: readonly string[];
  /** Storage accounts that Backup stages restores in, as `REGION=ARM id`. */
  readonly restoreStaging?: readonly string[];
  /** Version of this product, for the User-Agent header. */
  readonly version: string;
  /** Is told of every exchange with Azure Resource Manager, without the token; sign-in is never observed. */
  readonly observe?: (exchange: ObservedExchange) => void;
  /** Replaces the time limits of submits and reads. */
  readonly requestTimeoutMs?: number;
  /** Replaces the time limit of submits. */
  readonly submitTimeoutMs?: number;
}

/** One request and its answer as they went over the wire; the Authorization header is left out. */
export interface ObservedExchange {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly answer: string | undefined;
}

/** Hosts of a cloud. The audience is what tokens are asked for. */
export interface AzureCloud {
  readonly endpoint: string;
  readonly authorityHost: string;
  readonly audience: string;
  /** True when the login host is not one of Microsoft's and must not be looked up there. */
  readonly custom: boolean;
}

/** What the pipelines of all clients share. */
export interface AzurePipelineSettings {
  readonly cloud: AzureCloud;
  readonly tls: TlsOptions;
  readonly allowedHosts: readonly string[];
  readonly userAgent: string;
  /** ARM ids of cache storage accounts by region in lower case. */
  readonly replicationCache: ReadonlyMap<string, string>;
  /** ARM ids of staging accounts by region in lower case. */
  readonly restoreStaging: ReadonlyMap<string, string>;
}
