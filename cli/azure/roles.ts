import { azureRole, DUTIES, SUBSCRIPTION_BLANK } from '../../engine/actions/azure-roles.ts';
import { actions } from '../../engine/actions/registry.ts';
import { RunwardError } from '../../engine/errors.ts';
import { textFlag } from '../flags.ts';
import type { Flags } from '../flags.ts';
import type { Session } from '../program-options.ts';
import { tableText } from '../terminal.ts';

/** `azure roles`: lists the custom roles, or prints them as JSON for `az role definition create`. */
export async function showRoles(session: Session, _args: readonly unknown[], flags: Flags): Promise<number> {
  const subscription = textFlag(flags, 'subscription') ?? SUBSCRIPTION_BLANK;
  const name = textFlag(flags, 'print');
  const duties = DUTIES.filter(({ role }) => name === undefined || role === name);
  if (duties.length === 0)
    throw new RunwardError('USAGE_FLAG', `--print ${name ?? ''}: the roles are ${DUTIES.map(({ role }) => role).join(', ')}`);
  const roles = duties.map((duty) => azureRole(duty, actions.values(), subscription));
  const document = name === undefined ? roles : roles[0];
  if (flags['print'] !== undefined) {
    session.output.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
    if (subscription === SUBSCRIPTION_BLANK)
      session.output.say(`write the subscription in place of ${SUBSCRIPTION_BLANK}, or pass --subscription ID`);
    return 0;
  }
  session.output.data({
    text: () =>
      tableText(
        ['ROLE', 'RIGHTS', 'ASSIGN IT AT', 'FOR'],
        duties.map(({ role, scope, description }, at) => [role, String(roles[at]?.Actions.length ?? 0), scope, description]),
      ),
    json: { apiVersion: 'runward/v1', kind: 'AzureRoles', roles },
    lines: roles,
    names: duties.map(({ role }) => role),
  });
  session.output.say('next: runward azure roles --print ROLE --subscription ID > ROLE.json');
  return 0;
}
