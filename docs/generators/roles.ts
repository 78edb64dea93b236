import { PERMISSIONS, ROLE_NAMES, roleAllows } from '../../engine/access/roles.ts';
import { code, page, table } from './markdown.ts';

/** docs/reference/roles.md: which role brings which permission. */
export function rolesPage(): string {
  const rows = PERMISSIONS.map((permission) => [code(permission), ...ROLE_NAMES.map((role) => (roleAllows(role, permission) ? 'x' : ''))]);
  return page(
    'Roles',
    'Everything is denied that no role in scope allows. A role holds for a pattern of runbook names and a pattern of environments; roles add up. `admin` alone starts nothing and approves nothing. `freeze:override` comes with no role: it is granted by its name, within a scope, to whoever may start a failover that passes freezes.',
    [table(['Permission', ...ROLE_NAMES], rows)],
  );
}
