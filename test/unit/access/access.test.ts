import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, EVERYWHERE, isProduction, LOCAL_GRANTS, startPermission } from '../../../engine/access/decide.ts';
import type { Permission, Role } from '../../../engine/access/roles.ts';
import { PERMISSIONS, ROLE_NAMES } from '../../../engine/access/roles.ts';
import { checkToken, makeToken, TOKEN_LIFE_MAX_MS, tokenId } from '../../../engine/access/tokens.ts';

const SEED = Number(process.env['SEED'] ?? 99);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const shop = { runbook: 'shop-drill', environment: 'production' };

// The permission table of the documentation, written out once more by hand.
const TABLE: Readonly<Record<Role, string>> = {
  viewer: 'read',
  operator: 'read plan run:start run:start-production run:control step:resolve stop:on',
  approver: 'read plan approval:decide step:resolve stop:on trigger:enable',
  author: 'read plan run:start trigger:write project:publish',
  admin: 'read plan run:control stop:on stop:off admin',
};

describe('roles', () => {
  test.each(ROLE_NAMES.flatMap((role) => PERMISSIONS.map((permission) => [role, permission] as const)))('%s, %s', (role, permission) => {
    const verdict = decide([{ role, scope: EVERYWHERE }], permission, shop);
    expect(verdict.kind).toBe(TABLE[role].split(' ').includes(permission) ? 'allowed' : 'denied');
  });

  test('without a grant everything is denied, and the reason names the roles that would do', () => {
    for (const permission of PERMISSIONS) expect(decide([], permission, shop).kind).toBe('denied');
    expect(decide([], 'approval:decide', shop)).toEqual({
      kind: 'denied',
      reason: '"approval:decide" needs the role approver; held: no role for shop-drill in production',
    });
  });

  test('the local person may do everything', () => {
    for (const permission of PERMISSIONS) expect(decide(LOCAL_GRANTS, permission, {}).kind).toBe('allowed');
  });

  test('a grant holds within its scope only', () => {
    const grants = [{ role: 'operator' as const, scope: { runbook: 'shop-*', environment: 'test' } }];
    expect(decide(grants, 'run:start', { runbook: 'shop-drill', environment: 'test' }).kind).toBe('allowed');
    expect(decide(grants, 'run:start', shop).kind).toBe('denied');
    expect(decide(grants, 'run:start', { runbook: 'xshop-drill', environment: 'test' }).kind).toBe('denied');
    expect(decide(grants, 'run:start', {}).kind).toBe('denied');
  });

  test(`a scope never reaches beyond its glob, whatever stands in it (seed ${SEED})`, () => {
    const name = fc.string({ unit: fc.constantFrom('a', '.', '*', '(', '\\', '+'), maxLength: 6 });
    const property = fc.property(name, name, (glob, runbook) => {
      const allowed = decide([{ role: 'viewer', scope: { runbook: glob, environment: '*' } }], 'read', { runbook }).kind === 'allowed';
      expect(allowed).toBe(globMatches(glob, runbook));
    });
    fc.assert(property, { seed: SEED, numRuns: 500 });
  });

  test('production is asked for by name', () => {
    const wanted: Readonly<Record<string, Permission>> = {
      production: 'run:start-production',
      'production-eu': 'run:start-production',
      prod: 'run:start-production',
      test: 'run:start',
      products: 'run:start',
    };
    for (const [environment, permission] of Object.entries(wanted)) expect(startPermission(environment)).toBe(permission);
    expect(isProduction('Production')).toBe(true);
  });
});

describe('tokens', () => {
  const random = sha256('a') + sha256('b');
  const request = {
    owner: 'alice',
    name: 'ci',
    groups: ['dba'],
    grants: [{ role: 'viewer' as const, scope: EVERYWHERE }],
    createdAtMs: 1000,
    expiresAtMs: 5000,
  };

  test('a token is shown once; stored is its digest', () => {
    const { text, stored } = makeToken(sha256, random, request);
    expect(text).toMatch(/^rw_[0-9a-f]{12}_[0-9a-f]{64}$/);
    expect(JSON.stringify(stored)).not.toContain(text.slice(16));
    expect(tokenId(text)).toBe(stored.id);
    expect(checkToken(sha256, text, { stored, nowMs: 4999 })).toMatchObject({
      kind: 'known',
      owner: { principal: { id: 'alice', kind: 'token', groups: ['dba'] } },
    });
  });

  test('an expired, changed or unknown token is refused, and the reason tells no more than that', () => {
    const { text, stored } = makeToken(sha256, random, request);
    expect(checkToken(sha256, text, { stored, nowMs: 5000 }).kind).toBe('refused');
    for (const wrong of ['', 'rw_', `${text}0`, text.replace(/.$/, (last) => (last === '0' ? '1' : '0'))]) {
      expect(checkToken(sha256, wrong, { stored, nowMs: 2000 })).toEqual({ kind: 'refused', reason: 'the token is not known' });
    }
    expect(checkToken(sha256, text, { stored: undefined, nowMs: 2000 })).toEqual({ kind: 'refused', reason: 'the token is not known' });
  });

  test('no token lives longer than 90 days', () => {
    const { stored } = makeToken(sha256, random, { ...request, expiresAtMs: 1e15 });
    expect(stored.expiresAtMs).toBe(1000 + TOKEN_LIFE_MAX_MS);
  });

  test('too little chance makes no token', () => {
    expect(() => makeToken(sha256, 'abc', request)).toThrow(RangeError);
  });
});

function globMatches(glob: string, text: string): boolean {
  if (glob === '') return text === '';
  if (glob.startsWith('*')) return globMatches(glob.slice(1), text) || (text !== '' && globMatches(glob, text.slice(1)));
  return glob[0] === text[0] && globMatches(glob.slice(1), text.slice(1));
}
