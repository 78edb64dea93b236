/** What a route or a command may ask for. */
export const PERMISSIONS = [
  'read',
  'plan',
  'run:start',
  'run:start-production',
  'run:control',
  'step:resolve',
  'approval:decide',
  'trigger:write',
  'trigger:enable',
  'project:publish',
  'stop:on',
  'stop:off',
  'freeze:override',
  'admin',
] as const;

export type Permission = (typeof PERMISSIONS)[number];

/** Which permissions a role brings. Roles add up within a scope; `admin` alone starts nothing and approves nothing. */
export const ROLES = {
  viewer: ['read'],
  operator: ['read', 'plan', 'run:start', 'run:start-production', 'run:control', 'step:resolve', 'stop:on'],
  approver: ['read', 'plan', 'approval:decide', 'step:resolve', 'stop:on', 'trigger:enable'],
  author: ['read', 'plan', 'run:start', 'trigger:write', 'project:publish'],
  admin: ['read', 'plan', 'run:control', 'stop:on', 'stop:off', 'admin'],
} as const satisfies Record<string, readonly Permission[]>;

export type Role = keyof typeof ROLES;

/** Every role of the product, in the order of the documentation. */
export const ROLE_NAMES = Object.keys(ROLES) as readonly Role[];

/** What can be granted within a scope: a role, or the one permission that no role brings. */
export type Granted = Role | 'freeze:override';

/** Everything that can be granted, in the order of the documentation. */
export const GRANTED_NAMES: readonly Granted[] = [...ROLE_NAMES, 'freeze:override'];

/** The permissions that a grant brings. */
export function permissionsOf(granted: Granted): readonly Permission[] {
  return granted === 'freeze:override' ? [granted] : ROLES[granted];
}

/** True when the grant brings the permission. */
export function roleAllows(granted: Granted, permission: Permission): boolean {
  return permissionsOf(granted).includes(permission);
}
