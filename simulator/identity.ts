import { createHash, generateKeyPairSync, randomBytes, sign as signWith, timingSafeEqual, verify as verifyWith } from 'node:crypto';
import type { Answer, Caller } from './route.ts';
import type { World } from './world.ts';

const TOKEN_SECONDS = 3600;
const AUDIENCES = ['https://management.azure.com', 'https://management.core.windows.net'];

/** Issues tokens to the principals of the estate and knows them again. */
export interface Identity {
  readonly secretOf: (clientId: string) => string | undefined;
  readonly configuration: (world: World) => Answer;
  /** The key that tokens can be checked with. */
  readonly keys: () => Answer;
  readonly token: (world: World, form: URLSearchParams) => Answer;
  /** The caller of a bearer token, or the 401. */
  readonly verify: (world: World, authorization: string | undefined) => Caller | Answer;
}

/** Makes the identity provider; principals without a secret of their own get a random one for as long as the simulator runs. */
export function makeIdentity(principals: World['estate']['principals']): Identity {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const secrets = new Map(principals.map((principal) => [principal.clientId, principal.secret ?? randomBytes(24).toString('base64url')]));
  const keyId = randomBytes(12).toString('base64url');
  const signing: Signing = {
    secrets,
    keyId,
    sign: (text) => signWith('RSA-SHA256', Buffer.from(text), privateKey).toString('base64url'),
    fits: (text, signature) => verifyWith('RSA-SHA256', Buffer.from(text), publicKey, Buffer.from(signature, 'base64url')),
  };

  return {
    secretOf: (clientId) => secrets.get(clientId),
    configuration,
    keys: () => ({ status: 200, body: { keys: [{ ...publicKey.export({ format: 'jwk' }), use: 'sig', kid: keyId, alg: 'RS256' }] } }),
    token: (world, form) => issue(world, form, signing),
    verify: (world, authorization) => verify(world, authorization, signing),
  };
}

function configuration(world: World): Answer {
  const base = `${world.endpoint}/${world.estate.tenant}`;
  return {
    status: 200,
    body: {
      token_endpoint: `${base}/oauth2/v2.0/token`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
      jwks_uri: `${base}/discovery/v2.0/keys`,
      response_modes_supported: ['query', 'fragment', 'form_post'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
      scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      tenant_region_scope: 'EU',
      cloud_instance_name: 'localhost',
    },
  };
}

interface Signing {
  readonly secrets: ReadonlyMap<string, string>;
  readonly keyId: string;
  readonly sign: (text: string) => string;
  readonly fits: (text: string, signature: string) => boolean;
}

function issue(world: World, form: URLSearchParams, signing: Signing): Answer {
  if (form.get('grant_type') !== 'client_credentials')
    return loginError('unsupported_grant_type', 'AADSTS70003', 'The app requested an unsupported grant type.');
  const clientId = form.get('client_id') ?? '';
  const principal = world.estate.principals.find((each) => each.clientId === clientId);
  const secret = signing.secrets.get(clientId);
  if (principal === undefined || secret === undefined) {
    return loginError('unauthorized_client', 'AADSTS700016', `Application with identifier '${clientId}' was not found in the directory.`);
  }
  if (!same(form.get('client_secret') ?? '', secret))
    return loginError('invalid_client', 'AADSTS7000215', 'Invalid client secret provided.', 401);
  const scope = form.get('scope') ?? '';
  const audience = [...AUDIENCES, world.endpoint].find((each) => scope.split(' ').some((one) => one.replace(/\/+\.default$/, '') === each));
  if (audience === undefined)
    return loginError('invalid_scope', 'AADSTS70011', `The provided value for the input parameter 'scope' is not valid: ${scope}.`);

  const nowSeconds = Math.floor(Date.now() / 1000);
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const claims = {
    aud: audience,
    iss: `${world.endpoint}/${world.estate.tenant}/v2.0`,
    iat: nowSeconds,
    nbf: nowSeconds - 60,
    exp: nowSeconds + TOKEN_SECONDS,
    appid: clientId,
    oid: world.draws.uuid(`principal:${clientId}`),
    tid: world.estate.tenant,
  };
  const text = `${encode({ typ: 'JWT', alg: 'RS256', kid: signing.keyId })}.${encode(claims)}`;
  const body = {
    token_type: 'Bearer',
    expires_in: TOKEN_SECONDS,
    ext_expires_in: TOKEN_SECONDS,
    access_token: `${text}.${signing.sign(text)}`,
  };
  return { status: 200, body };
}

function loginError(error: string, code: string, description: string, status = 400): Answer {
  return { status, body: { error, error_description: `${code}: ${description}`, error_codes: [Number(code.slice(6))] } };
}

function verify(world: World, authorization: string | undefined, signing: Signing): Caller | Answer {
  const match = /^Bearer ([\w-]+\.[\w-]+)\.([\w-]+)$/i.exec(authorization ?? '');
  if (match?.[1] === undefined || match[2] === undefined)
    return refused('AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing or invalid.");
  if (!signing.fits(match[1], match[2])) return refused('InvalidAuthenticationToken', 'The access token is invalid.');
  const claims = JSON.parse(Buffer.from(match[1].split('.')[1] ?? '', 'base64url').toString('utf8')) as Readonly<Record<string, unknown>>;
  if (Number(claims['exp']) * 1000 < Date.now())
    return refused('ExpiredAuthenticationToken', 'The access token expiry UTC time is earlier than current UTC time.');
  const principal = world.estate.principals.find((each) => each.clientId === claims['appid']);
  if (principal === undefined) return refused('InvalidAuthenticationToken', 'The access token is invalid.');
  return { name: principal.name, objectId: String(claims['oid']) };
}

function refused(code: string, message: string): Answer {
  return {
    status: 401,
    body: { error: { code, message } },
    headers: { 'WWW-Authenticate': `Bearer authorization_uri="https://localhost", error="invalid_token", error_description="${message}"` },
  };
}

function same(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
