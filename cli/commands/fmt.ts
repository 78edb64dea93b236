import type { Command } from 'commander';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';

/** `fmt`: documents in canonical form; no server, no network. */
export function fmtCommand(program: Command): void {
  program
    .command('fmt [paths...]')
    .description('write documents in canonical form: order of keys, spacing, quotes; comments stay (default: the runbooks of this folder)')
    .option('--check', 'change nothing; exit code 3 when a file would change')
    .option('--diff', 'change nothing; print what would change')
    .action(handled(async (...given) => (await import('../format-documents.ts')).formatDocuments(...given)))
    .addHelpText(
      'before',
      examplesFirst([
        'runward fmt',
        'runward fmt --check runbooks/',
        'runward fmt --diff runbooks/shop-drill.yaml',
        'cat draft.yaml | runward fmt -',
      ]),
    );
}
