import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { makeSigning } from './access/signing.ts';
import type { Claims, Signing } from './access/signing.ts';
import type { Estate } from './estate.ts';
import type { IdentityKeys } from './identity-keys.ts';
import type { Answer, Caller } from './route.ts';
import type { World } from './world.ts';

const TOKEN_SECONDS = 3600;
const FEDERATED_SECONDS = 24 * 3600;
/** How far a token may be from its own future: clocks differ. */
const EARLY_SECONDS = 300;
const AUDIENCES = ['https://management.azure.com', 'https://management.core.windows.net'];
const FEDERATED_AUDIENCE = 'api://AzureADTokenExchange';
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const MANAGED_IDENTITY = '/metadata/identity/oauth2/token';

/** One request to sign-in. */
export interface SignIn {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly text: string;
  /** The header that a managed identity endpoint wants, so that no forwarded request gets a token. */
  readonly metadata: string | undefined;
}

/** Issues tokens to the principals of the estate and knows them again. */
export interface Identity {
  readonly secretOf: (clientId: string) => string | undefined;
  /** A token of a workload that may sign in as this principal, as a cluster puts it into a file of the workload. */
  readonly federatedToken: (world: World, principal: Principal) => string;
  /** The answer of sign-in; undefined for requests that are not about it. */
  readonly signIn: (world: World, request: SignIn) => Answer | undefined;
  /** The caller of a bearer token, or the 401. */
  readonly verify: (world: World, authorization: string | undefined) => Caller | Answer;
}

type Principal = Estate['principals'][number];

/** What an identity keeps. */
interface Keeper {
  readonly signing: Signing;
  readonly secrets: ReadonlyMap<string, string>;
}

/** Makes the identity provider; principals without a secret of their own get a random one for as long as the simulator runs. */
export function makeIdentity(principals: readonly Principal[], keys: IdentityKeys): Identity {
  const secrets = new Map(principals.map((principal) => [principal.clientId, principal.secret ?? ownSecret(keys, principal.clientId)]));
  const keeper = { signing: makeSigning(keys), secrets };
  return {
    secretOf: (clientId) => secrets.get(clientId),
    federatedToken: (world, { federatedSubject: sub }) => {
      const now = nowSeconds(world);
      const times = { iat: now, nbf: now, exp: now + FEDERATED_SECONDS };
      return keeper.signing.sign({ iss: federationIssuer(world), sub, aud: FEDERATED_AUDIENCE, ...times });
    },
    signIn: (world, request) => signIn(world, request, keeper),
    verify: (world, authorization) => verify(world, authorization, keeper.signing),
  };
}

function signIn(world: World, request: SignIn, keeper: Keeper): Answer | undefined {
  const { method, path } = request;
  // The SDK of JavaScript ends the path with a slash, as the metadata service allows.
  if (method === 'GET' && path.replace(/\/$/, '') === MANAGED_IDENTITY) return managedIdentity(world, request, keeper);
  const [, tenant, rest] =
    /^\/([^/]+)(\/v2\.0\/\.well-known\/openid-configuration|\/discovery\/v2\.0\/keys|\/oauth2\/v2\.0\/token)$/.exec(path) ?? [];
  if (rest === undefined) return undefined;
  if (tenant !== world.estate.tenant)
    return loginError('invalid_request', 'AADSTS90002', `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID.`);
  if (method === 'GET' && rest.endsWith('configuration')) return configuration(world);
  if (method === 'GET' && rest.endsWith('keys')) return { status: 200, body: { keys: keeper.signing.publicKeys() } };
  return method === 'POST' && rest.endsWith('token') ? issue(world, new URLSearchParams(request.text), keeper) : undefined;
}

function ownSecret({ secretSeed }: IdentityKeys, clientId: string): string {
  return createHmac('sha256', secretSeed).update(clientId).digest('base64url');
}

function configuration(world: World): Answer {
  const base = `${world.endpoint}/${world.estate.tenant}`;
  return {
    status: 200,
    body: {
      token_endpoint: `${base}/oauth2/v2.0/token`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic', 'private_key_jwt'],
      jwks_uri: `${base}/discovery/v2.0/keys`,
      response_modes_supported: ['query', 'fragment', 'form_post'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
      scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
      issuer: issuer(world),
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      tenant_region_scope: 'EU',
      cloud_instance_name: 'localhost',
    },
  };
}

function issue(world: World, form: URLSearchParams, keeper: Keeper): Answer {
  if (form.get('grant_type') !== 'client_credentials')
    return loginError('unsupported_grant_type', 'AADSTS70003', 'The app requested an unsupported grant type.');
  const clientId = form.get('client_id') ?? '';
  const principal = world.estate.principals.find((each) => each.clientId === clientId);
  if (principal === undefined)
    return loginError('unauthorized_client', 'AADSTS700016', `Application with identifier '${clientId}' was not found in the directory.`);
  const refused = form.has('client_assertion')
    ? wrongAssertion(world, principal, { form, signing: keeper.signing })
    : wrongSecret(form, keeper.secrets.get(clientId));
  if (refused !== undefined) return refused;
  const scope = form.get('scope') ?? '';
  const audience = audienceOf(
    world,
    scope.split(' ').map((one) => one.replace(/\/+\.default$/, '')),
  );
  if (audience === undefined)
    return loginError('invalid_scope', 'AADSTS70011', `The provided value for the input parameter 'scope' is not valid: ${scope}.`);
  const token = tokenFor(world, principal, { audience, signing: keeper.signing });
  return { status: 200, body: { token_type: 'Bearer', expires_in: TOKEN_SECONDS, ext_expires_in: TOKEN_SECONDS, access_token: token } };
}

function wrongSecret(form: URLSearchParams, secret: string | undefined): Answer | undefined {
  if (secret !== undefined && same(form.get('client_secret') ?? '', secret)) return undefined;
  return loginError('invalid_client', 'AADSTS7000215', 'Invalid client secret provided.', 401);
}

/** A workload proves who it is with a token of its own issuer, which the principal trusts for one subject. */
function wrongAssertion(
  world: World,
  principal: Principal,
  given: { readonly form: URLSearchParams; readonly signing: Signing },
): Answer | undefined {
  const { form, signing } = given;
  const refuse = (code: string, message: string): Answer => loginError('invalid_client', code, message, 401);
  if (form.get('client_assertion_type') !== ASSERTION_TYPE)
    return refuse('AADSTS50027', 'The type of the client assertion is not supported.');
  const claims = signing.read(form.get('client_assertion') ?? '');
  if (claims === undefined)
    return refuse('AADSTS700027', 'The certificate with identifier used to sign the client assertion is not registered.');
  if (claims['aud'] !== FEDERATED_AUDIENCE)
    return refuse(
      'AADSTS700212',
      `No matching federated identity record found for presented assertion audience '${String(claims['aud'])}'.`,
    );
  if (claims['iss'] !== federationIssuer(world))
    return refuse('AADSTS700211', `No matching federated identity record found for presented assertion issuer '${String(claims['iss'])}'.`);
  if (principal.federatedSubject === undefined || claims['sub'] !== principal.federatedSubject)
    return refuse(
      'AADSTS700213',
      `No matching federated identity record found for presented assertion subject '${String(claims['sub'])}'.`,
    );
  if (timeRefusal(world, claims) !== undefined) return refuse('AADSTS700024', 'Client assertion is not within its valid time range.');
  return undefined;
}

/** The identity of the computer itself, as its metadata service gives it out: without a secret, to requests that carry the header. */
function managedIdentity(world: World, { query, metadata }: SignIn, { signing }: Keeper): Answer {
  const refuse = (message: string): Answer => ({ status: 400, body: { error: 'invalid_request', error_description: message } });
  if (metadata?.toLowerCase() !== 'true') return refuse('Required metadata header not specified');
  const clientId = query.get('client_id') ?? undefined;
  const principal = world.estate.principals.find(
    (each) =>
      each.managedIdentity !== undefined && (clientId === undefined ? each.managedIdentity === 'system' : each.clientId === clientId),
  );
  if (principal === undefined) return refuse('Identity not found');
  const resource = query.get('resource') ?? '';
  const audience = audienceOf(world, [resource.replace(/\/+$/, '')]);
  if (audience === undefined) return refuse(`The resource '${resource}' was not found in the tenant.`);
  const body = {
    access_token: tokenFor(world, principal, { audience, signing }),
    client_id: principal.clientId,
    expires_in: String(TOKEN_SECONDS),
    expires_on: String(nowSeconds(world) + TOKEN_SECONDS),
    not_before: String(nowSeconds(world)),
    resource,
    token_type: 'Bearer',
  };
  return { status: 200, body };
}

function tokenFor(world: World, principal: Principal, given: { readonly audience: string; readonly signing: Signing }): string {
  const now = nowSeconds(world);
  return given.signing.sign({
    aud: given.audience,
    iss: issuer(world),
    iat: now,
    nbf: now - 60,
    exp: now + TOKEN_SECONDS,
    appid: principal.clientId,
    oid: world.draws.uuid(`principal:${principal.clientId}`),
    tid: world.estate.tenant,
  });
}

function loginError(error: string, code: string, description: string, status = 400): Answer {
  return { status, body: { error, error_description: `${code}: ${description}`, error_codes: [Number(code.slice(6))] } };
}

function verify(world: World, authorization: string | undefined, signing: Signing): Caller | Answer {
  const [, token] = /^Bearer (\S+)$/i.exec(authorization ?? '') ?? [];
  if (token === undefined)
    return refused(world, 'AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing or invalid.");
  const claims = signing.read(token);
  if (claims === undefined) return refused(world, 'InvalidAuthenticationToken', 'The access token is invalid.');
  const { tenant } = world.estate;
  if (claims['tid'] !== tenant)
    return refused(
      world,
      'InvalidAuthenticationTokenTenant',
      `The access token is from the wrong tenant '${String(claims['tid'])}'. It must match the tenant '${tenant}' associated with this subscription.`,
    );
  if (claims['iss'] !== issuer(world))
    return refused(world, 'InvalidAuthenticationTokenIssuer', `The access token is from the wrong issuer '${String(claims['iss'])}'.`);
  if (audienceOf(world, [String(claims['aud'])]) === undefined)
    return refused(
      world,
      'InvalidAuthenticationTokenAudience',
      `The access token has been obtained for wrong audience or resource '${String(claims['aud'])}'.`,
    );
  const late = timeRefusal(world, claims);
  if (late !== undefined) return refused(world, late.code, late.message);
  const principal = world.estate.principals.find((each) => each.clientId === claims['appid']);
  if (principal === undefined) return refused(world, 'InvalidAuthenticationToken', 'The access token is invalid.');
  return { name: principal.name, clientId: principal.clientId, objectId: String(claims['oid']) };
}

function timeRefusal(world: World, claims: Claims): { readonly code: string; readonly message: string } | undefined {
  const now = nowSeconds(world);
  if (Number(claims['exp']) <= now)
    return { code: 'ExpiredAuthenticationToken', message: 'The access token expiry UTC time is earlier than current UTC time.' };
  // A world that was put back meets tokens of its own future.
  if (Number(claims['nbf']) > now + EARLY_SECONDS && world.generation === 0)
    return { code: 'InvalidAuthenticationToken', message: 'The access token is not valid yet.' };
  return undefined;
}

function refused(world: World, code: string, message: string): Answer {
  const authority = `${world.endpoint}/${world.estate.tenant}`;
  return {
    status: 401,
    body: { error: { code, message } },
    headers: { 'WWW-Authenticate': `Bearer authorization_uri="${authority}", error="invalid_token", error_description="${message}"` },
  };
}

function audienceOf(world: World, wanted: readonly string[]): string | undefined {
  return [...AUDIENCES, world.endpoint].find((each) => wanted.some((one) => one.replace(/\/+$/, '') === each));
}

function issuer(world: World): string {
  return `${world.endpoint}/${world.estate.tenant}/v2.0`;
}

/** Who vouches for workloads. */
function federationIssuer(world: World): string {
  return `${world.endpoint}/${world.estate.tenant}/workloads`;
}

function nowSeconds(world: World): number {
  return Math.floor(world.clock.nowMs() / 1000);
}

function same(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
