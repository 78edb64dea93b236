import { type Command, Option } from 'commander';
import { DIALECTS } from '../../engine/language/json-schema.ts';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';

/** `schema print`: what editors read. */
export function schemaCommand(program: Command): void {
  const schema = program
    .command('schema')
    .description('the JSON Schema of the documents, for editors')
    .addHelpText('before', examplesFirst(['runward schema print runbook > runbook.schema.json']));
  schema
    .command('print [kind]')
    .description('print the schema of a kind of document (default: runbook)')
    .addOption(new Option('--dialect <dialect>', 'which JSON Schema').choices(DIALECTS).default('2020-12'))
    .action(handled(async (...given) => (await import('../print-schema.ts')).printSchema(...given)))
    .addHelpText('before', examplesFirst(['runward schema print', 'runward schema print calendar --dialect draft-07']));
}
