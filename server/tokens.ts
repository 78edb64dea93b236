import { randomBytes } from 'node:crypto';
import { EVERYWHERE, decide } from '../engine/access/decide.ts';
import type { Grant } from '../engine/access/decide.ts';
import type { StoredToken } from '../engine/access/tokens.ts';
import { makeToken, TOKEN_LIFE_MAX_MS, tokenId, tokenSchema } from '../engine/access/tokens.ts';
import { RunwardError } from '../engine/errors.ts';
import { parseDurationMs } from '../engine/language/duration.ts';
import type { Ports } from '../engine/ports.ts';
import { timeText } from '../engine/run/summary.ts';
import type { ServerContext } from './context.ts';
import type { Caller } from './identify.ts';

const BOOTSTRAP_OWNER = 'bootstrap';

/** What a token is asked for. */
export interface NewToken {
  readonly name: string;
  readonly owner?: string | undefined;
  readonly groups: readonly string[];
  readonly grants: readonly { readonly role: Grant['role']; readonly runbook: string; readonly environment: string }[];
  readonly expiresIn: string;
}

/** Makes a token. An administrator makes them for anybody; everybody else for themselves, within what they hold. Its text is answered here and nowhere else. */
export async function createToken(context: ServerContext, caller: Caller, request: NewToken) {
  const lifeMs = parseDurationMs(request.expiresIn);
  if (lifeMs === undefined || lifeMs <= 0 || lifeMs > TOKEN_LIFE_MAX_MS)
    throw new RunwardError('USAGE_BODY', 'expiresIn is a duration of at most 90d');
  const grants = request.grants.map(({ role, runbook, environment }) => ({ role, scope: { runbook, environment } }));
  const owner = request.owner ?? caller.principal.id;
  if (!isAdmin(caller)) refuseMore(caller, { owner, grants, groups: request.groups });
  const createdAtMs = await context.ports.store.nowMs();
  const wanted = { owner, name: request.name, groups: [...request.groups], grants, createdAtMs, expiresAtMs: createdAtMs + lifeMs };
  const { text, stored } = makeToken(context.ports.ids.sha256, randomHex(), wanted);
  await context.ports.store.putToken(stored.id, stored);
  context.ports.log.info('token created', { tokenId: stored.id, owner, principal: caller.principal.id });
  return { ...tokenOf(stored), token: text };
}

/** All tokens for an administrator, the own ones for everybody else. */
export async function listTokens(context: ServerContext, caller: Caller) {
  const all = (await context.ports.store.listTokens()).map((record) => tokenSchema.parse(record));
  return all.filter((token) => isOwn(caller, token) || isAdmin(caller)).map(tokenOf);
}

/** Revokes a token at once. Throws NOT_FOUND_TOKEN, also for a token of somebody else. */
export async function revokeToken(context: ServerContext, caller: Caller, id: string): Promise<void> {
  const record = await context.ports.store.readToken(id);
  if (record === undefined || !(isAdmin(caller) || isOwn(caller, tokenSchema.parse(record)))) {
    throw new RunwardError('NOT_FOUND_TOKEN', `no token ${id}`);
  }
  await context.ports.store.deleteToken(id);
  context.ports.log.info('token revoked', { tokenId: id, principal: caller.principal.id });
}

/** Takes over the first administrator token from its text, once. Throws USAGE_CONFIG_INVALID when it is no token. */
export async function adoptBootstrapToken(ports: Pick<Ports, 'store' | 'ids' | 'log'>, text: string): Promise<void> {
  const id = tokenId(text);
  if (id === undefined)
    throw new RunwardError('USAGE_CONFIG_INVALID', 'the bootstrap token is not of the form rw_<12 hex digits>_<64 hex digits>');
  if ((await ports.store.readToken(id)) !== undefined) return;
  const stored = { ...(await adminToken(ports.store)), id, sha256: ports.ids.sha256(text) };
  await ports.store.putToken(id, stored);
  ports.log.warn('bootstrap token taken over', { tokenId: id });
}

/** Makes a first administrator token and answers its text, which exists nowhere else. */
export async function makeBootstrapToken(ports: Pick<Ports, 'store' | 'ids' | 'log'>): Promise<string> {
  const { text, stored } = makeToken(ports.ids.sha256, randomHex(), await adminToken(ports.store));
  await ports.store.putToken(stored.id, stored);
  ports.log.warn('bootstrap token made', { tokenId: stored.id });
  return text;
}

function tokenOf({ id, owner, name, groups, grants, createdAtMs, expiresAtMs }: StoredToken) {
  return { id, owner, name, groups, grants, createdAt: timeText(createdAtMs), expiresAt: timeText(expiresAtMs) };
}

async function adminToken(store: Ports['store']): Promise<Omit<StoredToken, 'id' | 'sha256'>> {
  const createdAtMs = await store.nowMs();
  const grants = [{ role: 'admin' as const, scope: EVERYWHERE }];
  return {
    owner: BOOTSTRAP_OWNER,
    name: 'first administrator',
    groups: [],
    grants,
    createdAtMs,
    expiresAtMs: createdAtMs + TOKEN_LIFE_MAX_MS,
  };
}

// A token never holds more than the person for whom it is made.
function refuseMore(caller: Caller, wanted: { owner: string; grants: readonly Grant[]; groups: readonly string[] }): void {
  const held = new Set(caller.grants.map(grantText));
  const more = wanted.grants.find((grant) => !held.has(grantText(grant)));
  if (wanted.owner !== caller.principal.id) throw new RunwardError('ACCESS_DENIED', 'tokens for others are made by an administrator');
  if (more !== undefined) throw new RunwardError('ACCESS_DENIED', `you do not hold ${grantText(more)}, so a token of yours cannot`);
  const group = wanted.groups.find((name) => !caller.principal.groups.includes(name));
  if (group !== undefined) throw new RunwardError('ACCESS_DENIED', `you are not in the group ${group}, so a token of yours cannot be`);
}

function grantText({ role, scope }: Grant): string {
  return `${role} for ${scope.runbook} in ${scope.environment}`;
}

function isAdmin(caller: Caller): boolean {
  return decide(caller.grants, 'admin', {}).kind === 'allowed';
}

function isOwn(caller: Caller, token: StoredToken): boolean {
  return token.owner === caller.principal.id;
}

function randomHex(): string {
  return randomBytes(38).toString('hex');
}
