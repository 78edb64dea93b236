import { makeCredential } from './credential.ts';
import type { AzureConfig, AzureCloud } from './config.ts';
import { pipelineSettings } from './clients.ts';

/** Who acts, as the token says it. The token is not checked: it is Azure that must believe it. */
export interface AzureIdentity {
  readonly credential: AzureConfig['credential']['kind'];
  readonly cloud: AzureCloud;
  readonly tenantId: string | undefined;
  readonly objectId: string | undefined;
  /** Client id of an application or managed identity, sign-in name of a person. */
  readonly name: string | undefined;
  readonly isPerson: boolean;
  readonly expiresAtMs: number;
}

/** Fetches a token and reads who it is for. Throws ARM_NO_TOKEN with what to do, USAGE_CONFIG_INVALID for settings that cannot be used. */
export async function readIdentity(config: AzureConfig): Promise<AzureIdentity> {
  const settings = await pipelineSettings(config);
  const credential = await makeCredential(config.credential, settings);
  const token = await credential.getToken(settings.cloud.audience);
  const claims = claimsOf(token?.token ?? '');
  const text = (name: string): string | undefined => (typeof claims[name] === 'string' ? claims[name] : undefined);
  const person = text('upn') ?? text('unique_name') ?? text('preferred_username');
  return {
    credential: config.credential.kind,
    cloud: settings.cloud,
    tenantId: text('tid'),
    objectId: text('oid'),
    name: person ?? text('appid') ?? text('azp'),
    isPerson: person !== undefined || text('idtyp') === 'user',
    expiresAtMs: token?.expiresOnTimestamp ?? 0,
  };
}

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null ? (claims as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
