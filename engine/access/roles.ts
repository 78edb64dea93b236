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

/** True when the role brings the permission. */
export function roleAllows(role: Role, permission: Permission): boolean {
  const permissions: readonly Permission[] = ROLES[role];
  return permissions.includes(permission);
}
