import { type Command, Option } from 'commander';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';
import { TEMPLATES } from '../templates.ts';

/** `init`: a project that can be checked and tested at once. */
export function initCommand(program: Command): void {
  program
    .command('init [dir]')
    .description('write a new project: a runbook with its test, settings for editors and CI (default: this folder)')
    .addOption(new Option('--template <name>', 'what it begins with').choices(Object.keys(TEMPLATES)).default('empty'))
    .option('--list-templates', 'print what can be chosen')
    .option('--force', 'write into a folder that is not empty; files of the same name are replaced')
    .action(handled(async (...given) => (await import('../init-project.ts')).initProject(...given)))
    .addHelpText('before', examplesFirst(['runward init drills --template dr-drill', 'runward init --list-templates']));
}
