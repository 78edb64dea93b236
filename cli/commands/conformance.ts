import type { Command } from 'commander';
import { repeated } from '../flags.ts';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';

/** `conformance azure`: whether Azure is what this program takes it for. */
export function conformanceCommand(program: Command): void {
  program
    .command('conformance')
    .description('whether Azure behaves as this program takes it for')
    .command('azure')
    .description(
      'asks a sandbox group what documents do not settle, one verdict a row; without --yes it only prints what it would send, what that costs and how long it lasts; the group must have the tag runward-conformance=yes',
    )
    .option('--subscription <id>', 'the subscription')
    .option('--group <name>', 'a resource group of its own, with one machine that may be switched off')
    .option('--scenario <name>', 'read, network, power, script, backup, restore or asr; may be repeated (default: read)', repeated)
    .option('--plan <id>', 'for asr: a recovery plan in a group with the same tag that holds the machine alone')
    .option('--network <id>', 'for asr: the network in a group with the same tag that its copy is started in')
    .option('--confirm <group>', 'for asr, which deletes the machine and makes it anew: the name of the group')
    .option('--reason <text>', 'for asr: why')
    .option('--report <dir>', 'where verdicts and sanitised traffic are written')
    .action(handled(async (...given) => (await import('../azure/conformance.ts')).conformance(...given)))
    .addHelpText(
      'before',
      examplesFirst([
        'runward conformance azure --subscription ID --group rg-sandbox --scenario read --scenario power',
        'runward conformance azure --subscription ID --group rg-sandbox --scenario script --report conformance --yes',
        'runward conformance azure --subscription ID --group rg-sandbox --scenario asr --plan ID --network ID --report conformance --yes --confirm rg-sandbox --reason "first look"',
      ]),
    );
}
