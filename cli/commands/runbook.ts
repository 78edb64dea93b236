import type { Command } from 'commander';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';

/** `runbook list|show`: what the server has. */
export function runbookCommand(program: Command): void {
  const runbook = program
    .command('runbook')
    .description('runbooks that the server has')
    .addHelpText('before', examplesFirst(['runward runbook list', 'runward runbook show shop-drill']));
  runbook
    .command('list')
    .description('published runbooks')
    .action(handled(async (session) => (await import('../runbooks.ts')).listRunbooks(session)))
    .addHelpText('before', examplesFirst(['runward runbook list']));
  runbook
    .command('show <runbook>')
    .description('one runbook: inputs, findings and text')
    .action(handled(async (session, args) => (await import('../runbooks.ts')).showRunbook(session, args)))
    .addHelpText('before', examplesFirst(['runward runbook show shop-drill', 'runward runbook show shop-drill -o json | jq .inputs']));
}
