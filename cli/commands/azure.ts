import type { Command } from 'commander';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';

/** `azure`: what Azure must grant before runbooks can work on it. */
export function azureCommand(program: Command): void {
  const azure = program
    .command('azure')
    .description('what Azure must grant: custom roles with the rights that the actions need and no other');
  azure
    .command('roles')
    .description('the custom roles, one for each kind of work, written from the permissions of the actions')
    .option('--print [role]', 'as JSON for az role definition create: one role, or all of them')
    .option('--subscription <id>', 'the subscription in which the roles can be assigned')
    .action(handled(async (...given) => (await import('../azure/roles.ts')).showRoles(...given)))
    .addHelpText(
      'before',
      examplesFirst([
        'runward azure roles',
        'runward azure roles --print runward-script --subscription 6f1c1b5e-0000-4000-8000-00000000a001 > runward-script.json',
      ]),
    );
}
