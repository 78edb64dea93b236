import { azureRole, DUTIES, READER_ACTIONS, SUBSCRIPTION_BLANK } from '../../engine/actions/azure-roles.ts';
import { actions } from '../../engine/actions/registry.ts';
import { isHelpful } from '../../engine/azure-rights.ts';
import { code, page, table } from './markdown.ts';

/** docs/reference/azure-roles/NAME.json: the custom roles as `az role definition create` takes them. */
export function azureRoleFiles(): readonly { readonly path: string; readonly text: string }[] {
  return DUTIES.map((duty) => ({
    path: `azure-roles/${duty.role}.json`,
    text: `${JSON.stringify(azureRole(duty, actions.values(), SUBSCRIPTION_BLANK), undefined, 2)}\n`,
  }));
}

/** docs/reference/azure-roles.md: which role is assigned where, and what each action needs of Azure. */
export function azureRolesPage(): string {
  const duties = DUTIES.map(({ role, scope, actions: names }) => [`[${role}](azure-roles/${role}.json)`, scope, names.map(code).join(' ')]);
  const rows = [...actions.values()]
    .filter(({ permissions }) => permissions.length > 0)
    .map(({ name, permissions }) => [
      code(name),
      permissions
        .filter((right) => !isHelpful(right))
        .map(code)
        .join('<br>'),
      permissions.filter(isHelpful).map(code).join('<br>'),
    ]);
  return page(
    'Roles in Azure',
    `Custom roles with the rights that the actions need and no other: no wildcard, no role assignment, no deletion of a vault. \`runward azure roles --print ROLE --subscription ID\` prints one for \`az role definition create\`; \`runward doctor azure\` compares what is granted with what the runbooks of a project need. Actions that read whatever a runbook names (${READER_ACTIONS.map(code).join(', ')}) need the built-in role Reader where they are used.`,
    [
      table(['Role', 'Assign it at', 'Actions'], duties),
      '## What each action needs',
      'Scripts, and checks with `from: target`, need the rights of `dsc.test@1` on machines that they reach by Run Command, and none elsewhere. The right-most rights are reads of operation URLs: without them work is followed by its job or its target alone.',
      table(['Action', 'Needed', 'Helpful'], rows),
    ],
  );
}
