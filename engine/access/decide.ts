import type { Granted, Permission } from './roles.ts';
import { GRANTED_NAMES, ROLE_NAMES, roleAllows } from './roles.ts';

/** Where a grant holds: globs over runbook names and environments; `*` stands for any text. */
export interface Scope {
  readonly runbook: string;
  readonly environment: string;
}

/** A role, or a permission by its name, that holds within a scope. */
export interface Grant {
  readonly role: Granted;
  readonly scope: Scope;
}

/** What is acted upon. Absent fields belong to no runbook or environment (settings, lists): only a grant for `*` reaches those. */
export interface Resource {
  readonly runbook?: string;
  readonly environment?: string;
}

/** The answer to "may this be done?"; the reason is a sentence for the person who asked. */
export type Verdict = { readonly kind: 'allowed' } | { readonly kind: 'denied'; readonly reason: string };

/** The scope of everything. */
export const EVERYWHERE: Scope = { runbook: '*', environment: '*' };

/** What the one person of a loopback server holds: every role, everywhere. */
export const LOCAL_GRANTS: readonly Grant[] = GRANTED_NAMES.map((role) => ({ role, scope: EVERYWHERE }));

/** The one place where access is decided: denied unless a grant in scope brings the permission. */
export function decide(grants: readonly Grant[], permission: Permission, resource: Resource): Verdict {
  const within = grants.filter((grant) => covers(grant.scope, resource));
  if (within.some((grant) => roleAllows(grant.role, permission))) return { kind: 'allowed' };
  const needed = ROLE_NAMES.filter((role) => roleAllows(role, permission));
  const place = placeText(resource);
  const held = within.length === 0 ? `no role${place}` : `${[...new Set(within.map((grant) => grant.role))].join(', ')}${place}`;
  const wanted = needed.length === 0 ? 'is granted by its name' : `needs the role ${needed.join(' or ')}`;
  return { kind: 'denied', reason: `"${permission}" ${wanted}; held: ${held}` };
}

/** The permission that a start in an environment asks for. */
export function startPermission(environment: string): Permission {
  return isProduction(environment) ? 'run:start-production' : 'run:start';
}

/** True for environments whose changes are production changes: `production` and what begins with it (`production-eu`). */
export function isProduction(environment: string): boolean {
  return /^prod(uction)?($|[^a-z])/i.test(environment);
}

function covers(scope: Scope, resource: Resource): boolean {
  return matches(scope.runbook, resource.runbook) && matches(scope.environment, resource.environment);
}

function matches(glob: string, name: string | undefined): boolean {
  if (glob === '*') return true;
  if (name === undefined) return false;
  const pattern = glob
    .split('*')
    .map((text) => text.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join('.*');
  return new RegExp(`^${pattern}$`, 's').test(name);
}

function placeText(resource: Resource): string {
  if (resource.runbook !== undefined)
    return ` for ${resource.runbook}${resource.environment === undefined ? '' : ` in ${resource.environment}`}`;
  return resource.environment === undefined ? '' : ` in ${resource.environment}`;
}
