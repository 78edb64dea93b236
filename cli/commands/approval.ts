import type { Command } from 'commander';
import { examplesFirst } from '../help.ts';
import { repeated } from '../flags.ts';
import { handled } from '../program-options.ts';

/** `approval list|show|approve|deny`: what waits for a person. */
export function approvalCommand(program: Command): void {
  const approval = program
    .command('approval')
    .description('decide about gates and manual steps that wait')
    .addHelpText('before', examplesFirst(['runward approval list --mine', 'runward approval approve 142.start_gate']));
  approval
    .command('list')
    .description('gates that wait, the nearest deadline first')
    .option('--mine', 'only those that you may decide')
    .action(handled(async (...given) => (await import('../approvals.ts')).listApprovals(...given)))
    .addHelpText('before', examplesFirst(['runward approval list --mine']));
  approval
    .command('show <approval>')
    .description('one gate: what is asked, of whom, until when')
    .action(handled(async (session, args) => (await import('../approvals.ts')).showApproval(session, args)))
    .addHelpText('before', examplesFirst(['runward approval show 142.start_gate']));
  for (const word of ['approve', 'deny'] as const) {
    const command = approval
      .command(`${word} <approval>`)
      .description(word === 'approve' ? 'say yes, bound to the plan of the run' : 'say no: final for the run')
      .option('--reason <text>', word === 'approve' ? 'needed for severe plans' : 'needed')
      .option('--form <name=value>', 'an answer to the form of the gate; may be repeated', repeated)
      .option('--confirm <name>', 'the name of the runbook, for severe plans')
      .action(handled(async (session, args, flags) => (await import('../approvals.ts')).decide(session, { word, args, flags })))
      .addHelpText(
        'before',
        examplesFirst([`runward approval ${word} 142.start_gate${word === 'deny' ? ' --reason "wrong network"' : ''}`]),
      );
    if (word === 'approve') command.option('--waive <check>', 'let one failed readiness check pass, for this run only; needs --reason');
  }
}
