import type { AccessToken, TokenCredential } from '@azure/identity';
import { RunwardError } from '../../engine/errors.ts';
import { TOKEN_FRESH_MS, TOKEN_TIMEOUT_MS } from '../../engine/limits.ts';
import type { AzureCredentialConfig } from './config.ts';

/**
 * One token for all clients: asked for when the first of them reads, which is before any intent, kept until five minutes before its end, and
 * then asked for anew. Failures are RunwardErrors that name what to do; they happen before anything was sent to Azure.
 */
export function keptTokens(credential: TokenCredential, config: AzureCredentialConfig, nowMs: () => number): TokenCredential {
  const kept = new Map<string, AccessToken>();
  const underWay = new Map<string, Promise<AccessToken>>();

  const fetchToken = async (scope: string): Promise<AccessToken> => {
    const old = kept.get(scope);
    try {
      const token = await credential.getToken(scope, { abortSignal: AbortSignal.timeout(TOKEN_TIMEOUT_MS) });
      if (token === null) throw new Error('the sign-in gave no token');
      kept.set(scope, token);
      return token;
    } catch (error) {
      // What still holds for some minutes is better than nothing: the sign-in may be back before it ends.
      if (old !== undefined && old.expiresOnTimestamp > nowMs()) return old;
      throw tokenError(config, error);
    } finally {
      underWay.delete(scope);
    }
  };

  return {
    getToken: async (scopes, options = {}) => {
      // Claims come with the challenge that a token must be replaced: the kept one is the wrong answer.
      if (options.claims !== undefined || options.tenantId !== undefined || typeof scopes !== 'string') {
        return credential.getToken(scopes, options).catch((error: unknown) => Promise.reject(tokenError(config, error)));
      }
      const token = kept.get(scopes);
      if (token !== undefined && token.expiresOnTimestamp - nowMs() > TOKEN_FRESH_MS) return token;
      const asked = underWay.get(scopes) ?? fetchToken(scopes);
      if (!underWay.has(scopes)) underWay.set(scopes, asked);
      return untilAborted(asked, options.abortSignal);
    },
  };
}

async function untilAborted(asked: Promise<AccessToken>, signal: unknown): Promise<AccessToken> {
  if (!(signal instanceof AbortSignal)) return asked;
  const aborted = new Promise<never>((_, reject) => {
    const give = (): void => reject(new Error('no token in time'));
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
  return Promise.race([asked, aborted]);
}

/** What is wrong by the code of Entra ID, and what repairs it (learn.microsoft.com, "Microsoft Entra authentication error codes"). */
const SIGN_IN_FAULTS: readonly { readonly code: string; readonly what: string; readonly repair: string }[] = [
  {
    code: 'AADSTS7000215',
    what: 'the client secret is wrong',
    repair: 'write the value of the secret, not its id, to azure.clientSecretFile',
  },
  { code: 'AADSTS7000222', what: 'the client secret has expired', repair: 'make a new one and write it to azure.clientSecretFile' },
  {
    code: 'AADSTS700016',
    what: 'the tenant does not know this client id',
    repair: 'compare azure.clientId and azure.tenantId with the app registration',
  },
  { code: 'AADSTS90002', what: 'the tenant does not exist in this cloud', repair: 'compare azure.tenantId and azure.cloud' },
  { code: 'AADSTS700024', what: 'the token in azure.federatedTokenFile has expired', repair: 'see why it is not renewed' },
  {
    code: 'AADSTS70021',
    what: 'no federated credential of the identity fits the token in azure.federatedTokenFile',
    repair: 'compare issuer, subject and audience: az identity federated-credential list',
  },
  { code: 'AADSTS500011', what: 'the tenant does not know the audience of the tokens', repair: 'compare azure.cloud and azure.audience' },
];

const HINTS: Readonly<Record<AzureCredentialConfig['kind'], string>> = {
  'managed-identity': 'check that an identity is assigned to this machine, and azure.clientId if it is a user-assigned one',
  'workload-identity': 'check azure.tenantId, azure.clientId and azure.federatedTokenFile',
  'client-secret': 'check azure.tenantId, azure.clientId and azure.clientSecretFile',
  cli: 'run "az login" as the user that runs this program',
};

function tokenError(config: AzureCredentialConfig, error: unknown): RunwardError {
  const text = error instanceof Error ? error.message : String(error);
  const fault = SIGN_IN_FAULTS.find(({ code }) => text.includes(code));
  const first = text.split('\n')[0] ?? '';
  const what = fault === undefined ? first.slice(0, 300) : `${fault.what} (${fault.code})`;
  return new RunwardError(
    'ARM_NO_TOKEN',
    `no token from the ${config.kind} identity: ${what}; ${fault?.repair ?? HINTS[config.kind]}; runward doctor azure shows more`,
    { credential: config.kind },
    error,
  );
}
