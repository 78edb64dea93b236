import { armError } from '../arm-errors.ts';
import type { Answer, Call } from '../route.ts';
import type { World } from '../world.ts';
import type { Deed } from './deeds.ts';

/** What becomes of an answer: it is sent, or broken on the wire in one way or another. */
export type Disturbed =
  | { readonly kind: 'send'; readonly answer: Answer; readonly fault?: string }
  | { readonly kind: 'reset' }
  | { readonly kind: 'hang'; readonly ms: number }
  | { readonly kind: 'truncate'; readonly answer: Answer }
  | { readonly kind: 'slow'; readonly answer: Answer; readonly everyMs: number };

interface Struck {
  readonly call: Pick<Call, 'path' | 'rawQuery' | 'method' | 'caller'>;
  /** What the service answers; undefined when it was not asked. */
  readonly given: Answer | undefined;
}

/** What the client sees of a fault; undefined when the fault has nothing to do with what it was asked about. */
export function disturb(world: World, deed: Deed, struck: Struck): Disturbed | undefined {
  if ('reset' in deed) return { kind: 'reset' };
  if ('hang' in deed) return { kind: 'hang', ms: deed.hang };
  if ('lateEffect' in deed) return deed.answer === 'timeout' ? sent(statusAnswer({ status: 504 })) : { kind: 'reset' };
  const refusal = refusalOf(world, deed, struck.call);
  if (refusal !== undefined) return sent(refusal);
  const { given } = struck;
  if (given === undefined) return undefined;
  if ('truncate' in deed) return { kind: 'truncate', answer: given };
  if ('slow' in deed) return { kind: 'slow', answer: given, everyMs: deed.slow };
  const changed = changedAnswer(world, deed, given);
  return changed === undefined ? undefined : sent(changed);
}

function sent(answer: Answer): Disturbed {
  return { kind: 'send', answer };
}

/** The answer of a fault that refuses a request, whatever it asks for. */
function refusalOf(world: World, deed: Deed, call: Struck['call']): Answer | undefined {
  if ('status' in deed) return statusAnswer(deed);
  if ('conflict' in deed)
    return armError(
      409,
      deed.code ?? 'Conflict',
      deed.message ?? 'Another operation is in progress on the resource. Please try again later.',
    );
  if ('scopeLocked' in deed) {
    const scope = call.path.split('/providers/')[0] ?? call.path;
    const message = `The scope '${call.path}' cannot perform ${verb(call)} operation because following scope(s) are locked: '${scope}'. Please remove the lock and try again.`;
    return armError(409, 'ScopeLocked', message);
  }
  if ('forbidden' in deed || 'linkedForbidden' in deed) return forbidden(world, deed, call);
  if ('expiredToken' in deed)
    return challenge('ExpiredAuthenticationToken', 'The access token expiry UTC time is earlier than current UTC time.', '');
  if ('claimsChallenge' in deed) {
    const claims = Buffer.from(JSON.stringify({ access_token: { nbf: { essential: true, value: '1' } } })).toString('base64');
    return challenge('InvalidAuthenticationToken', 'The access token does not satisfy the claims.', `, claims="${claims}"`);
  }
  if ('redirect' in deed) return { status: 307, headers: { Location: deed.redirect } };
  if ('precondition' in deed)
    return armError(412, 'PreconditionFailed', 'The condition of the request was not met: the resource has been changed meanwhile.');
  return undefined;
}

function verb(call: Struck['call']): string {
  return call.method === 'DELETE' ? 'delete' : 'write';
}

function forbidden(world: World, deed: Deed, call: Struck['call']): Answer {
  const who = `The client '${world.draws.uuid(`principal:${call.caller.name}`)}' with object id '${call.caller.objectId}'`;
  const over = `over scope '${call.path}'`;
  if ('linkedForbidden' in deed)
    return armError(
      403,
      'LinkedAuthorizationFailed',
      `${who} has permission to perform the action ${over}; however, it does not have permission to perform action(s) on the linked scope(s) or the linked scope(s) are invalid.`,
    );
  return armError(
    403,
    'AuthorizationFailed',
    `${who} does not have authorization to perform action ${over} or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );
}

function challenge(code: string, message: string, more: string): Answer {
  const header = `Bearer authorization_uri="https://localhost", error="${more === '' ? 'invalid_token' : 'insufficient_claims'}", error_description="${message}"${more}`;
  return { ...armError(401, code, message), headers: { 'WWW-Authenticate': header } };
}

/** The answer of a fault that changes what the service says. */
function changedAnswer(world: World, deed: Deed, given: Answer): Answer | undefined {
  if ('garbage' in deed) return { ...given, text: '\u0000<<not json>>' };
  if ('emptyPollBody' in deed) return { status: 200 };
  if ('loseOperationUrl' in deed) return armError(404, 'OperationNotFound', 'The operation was not found.');
  if ('expireOperation' in deed) return hasEnded(given) ? armError(404, 'OperationNotFound', 'The operation was not found.') : undefined;
  if ('final204' in deed) return hasEnded(given) ? { status: 204 } : undefined;
  if ('noHeaders' in deed) return withHeaders(given, () => undefined);
  if ('foreignOperationHost' in deed) {
    const { origin } = new URL(deed.foreignOperationHost);
    return withHeaders(given, (value) => value.replace(world.endpoint, origin));
  }
  if ('shiftPages' in deed) return undefined;
  if ('poorList' in deed) return { ...given, body: eachElement(given.body, (element) => deed.poorList.reduce(without, element)) };
  if ('missingPowerState' in deed) return { ...given, body: withoutPower(given.body) };
  return undefined;
}

const FOLLOWED = ['Azure-AsyncOperation', 'Location', 'Retry-After'];

/** The headers by which an operation is followed, changed or (undefined) left out. Retry-After has no host, so it stays or goes. */
function withHeaders(given: Answer, change: (value: string) => string | undefined): Answer | undefined {
  if (given.headers?.['Azure-AsyncOperation'] === undefined && given.headers?.['Location'] === undefined) return undefined;
  const headers: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(given.headers)) {
    const kept = FOLLOWED.includes(name) && typeof value === 'string' ? change(value) : value;
    if (kept !== undefined) headers[name] = kept;
  }
  return { ...given, headers };
}

/** Whether the answer of a poll says that the operation is over. */
function hasEnded(given: Answer): boolean {
  if (given.status === 202) return false;
  const status = record(given.body)?.['status'];
  return status === undefined || status !== 'InProgress';
}

function eachElement(body: unknown, change: (element: unknown) => unknown): unknown {
  const list = record(body);
  return list === undefined || !Array.isArray(list['value']) ? body : { ...list, value: list['value'].map(change) };
}

/** A body without one property, named from the top: a.b.c. */
function without(body: unknown, path: string): unknown {
  const found = record(body);
  if (found === undefined) return body;
  const [name = '', ...rest] = path.split('.');
  if (!Object.hasOwn(found, name)) return found;
  const { [name]: value, ...others } = found;
  return rest.length === 0 ? others : { ...others, [name]: without(value, rest.join('.')) };
}

function withoutPower(body: unknown): unknown {
  if (Array.isArray(body)) return body.filter((element) => !isPower(record(element)?.['code'])).map(withoutPower);
  const found = record(body);
  return found === undefined ? body : Object.fromEntries(Object.entries(found).map(([name, value]) => [name, withoutPower(value)]));
}

function isPower(code: unknown): boolean {
  return typeof code === 'string' && code.startsWith('PowerState/');
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;
}

const TEXTS: Readonly<Record<number, readonly [string, string]>> = {
  408: ['RequestTimeout', 'The request timed out.'],
  429: ['TooManyRequests', 'The request is being throttled as the limit has been reached for operation type. Please try again later.'],
  500: ['InternalServerError', 'Encountered internal server error. Please try again later.'],
  502: ['BadGateway', 'The gateway did not receive a response from the service.'],
  503: ['ServerUnavailable', 'The server is currently unavailable. Please try again later.'],
  504: ['GatewayTimeout', "The gateway did not receive a response from 'Microsoft.RecoveryServices' within the specified time period."],
};

/** The answer of a status. */
function statusAnswer(given: {
  readonly status: number;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly retryAfter?: number | undefined;
  readonly html?: true | undefined;
}): Answer {
  const [code, message] = TEXTS[given.status] ?? ['InternalServerError', 'Encountered internal server error.'];
  const page = `<html><head><title>${given.status} ${code}</title></head><body><center><h1>${given.status}</h1></center></body></html>`;
  const answer =
    given.html === true ? { status: given.status, text: page } : armError(given.status, given.code ?? code, given.message ?? message);
  const wait = given.retryAfter ?? (given.status === 429 ? 1 : undefined);
  return wait === undefined ? answer : { ...answer, headers: { 'Retry-After': String(wait) } };
}
