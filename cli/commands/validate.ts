import type { Command } from 'commander';
import { FINDING_WORDS } from '../finding-formats.ts';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';

/** `validate`: what is wrong in documents, and where; no server, no network. */
export function validateCommand(program: Command): void {
  program
    .command('validate [paths...]')
    .description(
      'check runbooks, inventories and calendars: structure, references, types of expressions (default: the project in this folder)',
    )
    .option('--strict', 'warnings count as errors')
    .action(handled(async (...given) => (await import('../validate-documents.ts')).validateDocuments(...given), FINDING_WORDS))
    .addHelpText(
      'before',
      examplesFirst([
        'runward validate',
        'runward validate runbooks/shop-drill.yaml',
        'cat draft.yaml | runward validate - -o json',
        'runward validate -o sarif > findings.sarif',
      ]),
    );
}
