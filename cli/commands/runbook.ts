import type { Command } from 'commander';
import { GRAPH_FORMATS } from '../../engine/language/graph-text.ts';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';

/** `runbook list|show|graph`: what the server has, and how a runbook of this project looks. */
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
  runbook
    .command('graph <runbook>')
    .description('the steps of a runbook of this project, by name or file: what follows what, as a tree, for mermaid or for Graphviz')
    .action(handled(async (session, args) => (await import('../runbook-graph.ts')).graphRunbook(session, args), GRAPH_FORMATS))
    .addHelpText(
      'before',
      examplesFirst(['runward runbook graph shop-drill', 'runward runbook graph runbooks/shop-drill.yaml -o mermaid']),
    );
}
