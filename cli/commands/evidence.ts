import type { Command } from 'commander';
import { examplesFirst } from '../help.ts';
import { handled } from '../program-options.ts';

/** `evidence export|verify`: the signed proof of a run. */
export function evidenceCommand(program: Command): void {
  const evidence = program
    .command('evidence')
    .description('signed proof of a run')
    .addHelpText('before', examplesFirst(['runward evidence export latest', 'runward evidence verify 142-shop-drill.evidence.json']));
  evidence
    .command('export <run>')
    .description('write the signed JSON file and the page beside it, and verify what was written')
    .option('--dir <folder>', 'where to', '.')
    .action(handled(async (...given) => (await import('../evidence-export.ts')).exportEvidence(...given)))
    .addHelpText('before', examplesFirst(['runward evidence export 142', 'runward evidence export latest --dir proofs']));
  evidence
    .command('verify <file>')
    .description('check a file without any server: signature, digests, plan, audit chain, and RTO and RPO computed again')
    .option('--key <file>', 'public key (PEM) of the signer, from somewhere else than the file')
    .action(handled(async (...given) => (await import('../evidence-verify.ts')).verifyFile(...given)))
    .addHelpText('before', examplesFirst(['runward evidence verify 142-shop-drill.evidence.json --key runward-public-key.pem']));
}
