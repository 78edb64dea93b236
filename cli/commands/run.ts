import type { Command } from 'commander';
import { repeated } from '../flags.ts';
import { handled } from '../program-options.ts';
import { examplesFirst } from '../help.ts';

/** `run start|list|show|watch|logs|cancel|pause|resume|resolve`: everything about runs. */
export function runCommand(program: Command): void {
  const run = program
    .command('run')
    .description('start, watch and control runs')
    .addHelpText(
      'before',
      examplesFirst(['runward run start shop-drill', 'runward run watch latest', 'runward run list --status waiting']),
    );
  startCommand(run);
  readCommands(run);
  controlCommands(run);
  resolveCommand(run);
  retryCommand(run);
  rollbackCommand(run);
  diffCommand(run);
}

/** `start`, `watch` and `logs` are short for the commands below `run`. */
export function shortCommand(program: Command, name: string): void {
  if (name === 'start') startCommand(program);
  else readCommands(program, name);
}

function controlCommands(run: Command): void {
  run
    .command('cancel <run>')
    .description('stop a run: nothing new starts, what was sent is followed to its end, cleanup runs')
    .option('--reason <text>', 'kept with the run; needed with --force')
    .option('--rollback', 'roll back what was done before cleanup runs')
    .option('--force', 'severe: give up what is left of rollback and cleanup; the targets stay locked')
    .option('--confirm <name>', 'the name of the runbook, for --force')
    .action(handled(async (...given) => (await import('../run-control.ts')).cancelRun(...given)))
    .addHelpText(
      'before',
      examplesFirst([
        'runward run cancel 142 --reason "wrong network"',
        'runward run cancel latest --rollback --yes',
        'runward run cancel 142 --force --confirm=shop-drill --reason "the vault is gone"',
      ]),
    );
  run
    .command('pause <run>')
    .description('hold a run: nothing new starts, what was sent is followed, its targets stay locked, its time goes on')
    .option('--reason <text>', 'kept with the run')
    .action(handled(async (...given) => (await import('../run-control.ts')).pauseRun(...given)))
    .addHelpText('before', examplesFirst(['runward run pause 142 --reason "wait for the network team"']));
  run
    .command('resume <run>')
    .description('let a paused run go on where it stands')
    .option('--reason <text>', 'kept with the run')
    .action(handled(async (...given) => (await import('../run-control.ts')).resumeRun(...given)))
    .addHelpText('before', examplesFirst(['runward run resume 142 --yes']));
}

function resolveCommand(run: Command): void {
  run
    .command('resolve <run> <step>')
    .description('answer for a step that a person must decide about; `run show` prints the answers it takes, each with its consequence')
    .option('--as <answer>', 'succeeded, failed, again, adopt, or what `run show` prints')
    .option('--job <operation>', 'with --as adopt: the operation that is the effect of the step')
    .option('--adopt <operation>', 'short for --as adopt --job')
    .requiredOption('--reason <text>', 'how you know; kept with the run')
    .option('--confirm <name>', 'the name of the runbook, where the plan is severe')
    .action(handled(async (...given) => (await import('../run-resolve.ts')).resolveStep(...given)))
    .addHelpText(
      'before',
      examplesFirst([
        'runward run resolve 140 "restart[web-02]" --as succeeded --reason "rebooted at 04:10"',
        'runward run resolve 140 "backup[db-01]" --adopt 9f0c1a52 --reason "started by us, see the vault"',
      ]),
    );
}

function retryCommand(run: Command): void {
  run
    .command('retry <run>')
    .description('start a new run that keeps what succeeded in an ended one; shows what runs again before it asks')
    .option('--failed', 'what did not succeed (the default)')
    .option('--from <step>', 'a step and everything that follows it')
    .option('--only <step>', 'one step or item alone')
    .option('-i <name=value>', 'an edited input; makes a new plan; may be repeated', repeated)
    .option('--dry-run', 'show what would run again and start nothing')
    .option('--reason <text>', 'why; kept with the run, needed for severe plans')
    .option('--confirm <name>', 'the name of the runbook, for severe plans')
    .option('--idempotency-key <key>', 'repeating a retry with the same key never starts a second run')
    .option('--wait', 'watch until the run ends, also without a terminal')
    .option('--no-wait', 'return as soon as the run is accepted')
    .action(handled(async (...given) => (await import('../run-retry.ts')).retryRun(...given)))
    .addHelpText(
      'before',
      examplesFirst([
        'runward run retry 142 --reason "the vault answers again"',
        'runward run retry 142 --only "update[web-02]" --yes',
        'runward run retry 142 --from failover -i recovery_point=latest --dry-run',
      ]),
    );
}

function rollbackCommand(run: Command): void {
  run
    .command('rollback <run>')
    .description('start a new run that undoes what an ended one has done and not undone; shows it before it asks')
    .option('--dry-run', 'show what would be undone and start nothing')
    .option('--reason <text>', 'why; kept with the run, needed for severe plans')
    .option('--confirm <name>', 'the name of the runbook, for severe plans')
    .option('--idempotency-key <key>', 'repeating a rollback with the same key never starts a second run')
    .option('--wait', 'watch until the run ends, also without a terminal')
    .option('--no-wait', 'return as soon as the run is accepted')
    .action(handled(async (...given) => (await import('../run-retry.ts')).rollbackRun(...given)))
    .addHelpText(
      'before',
      examplesFirst(['runward run rollback 142 --reason "the new version is broken"', 'runward run rollback 142 --dry-run']),
    );
}

function diffCommand(run: Command): void {
  run
    .command('diff <left> <right>')
    .description('two runs side by side: inputs, plan, statuses, durations and outputs, only where they differ')
    .action(handled(async (session, args) => (await import('../run-diff.ts')).diffRuns(session, args)))
    .addHelpText('before', examplesFirst(['runward run diff 140 142', 'runward run diff 140 latest -o json']));
}

function startCommand(parent: Command): void {
  startFlags(parent.command('start <runbook>').description('plan a runbook and start a run of the plan'))
    .option('--as <purpose>', 'purpose of the run, where the runbook allows several')
    .option(...OUTAGE_FLAG)
    .action(handled(async (...given) => (await import('../run-start.ts')).startRun(...given)))
    .addHelpText(
      'before',
      examplesFirst([
        'runward run start shop-drill',
        'runward run start shop-drill -i recovery_point=latest --wait',
        'runward run start shop-failover --plan 9d41c07b… --confirm=shop-failover --reason "INC-204817"',
      ]),
    );
}

/** Of a failover: from when its recovery point is measured. */
export const OUTAGE_FLAG = [
  '--outage-at <time>',
  'of a failover: when the outage began, or how long ago (25m); its recovery point is measured from there',
] as const;

/** The flags of everything that starts a run. */
export function startFlags(command: Command): Command {
  return command
    .option('-i <name=value>', 'an input; may be repeated', repeated)
    .option('--inputs <file>', 'inputs as a JSON object, or - for stdin')
    .option('--plan <hash|file>', 'start the plan that was shown before, by its hash or by the file of plan --out')
    .option('--reason <text>', 'why; kept with the run, needed for severe plans')
    .option('--confirm <name>', 'the name of the runbook, for severe plans')
    .option('--idempotency-key <key>', 'repeating a start with the same key never starts a second run')
    .option('--wait', 'watch until the run ends, also without a terminal')
    .option('--no-wait', 'return as soon as the run is accepted')
    .option('--no-wait-approval', 'stop watching with exit code 6 when a person has to decide');
}

function readCommands(parent: Command, only?: string): void {
  const wanted = (name: string): boolean => only === undefined || only === name;
  if (wanted('list')) listCommand(parent);
  if (wanted('show')) {
    parent
      .command('show <run>')
      .description('one run: steps, what it waits for, errors and the next command')
      .action(handled(async (session, args) => (await import('../run-read.ts')).showRun(session, args)))
      .addHelpText('before', examplesFirst(['runward run show 142', 'runward run show latest -o json']));
  }
  if (wanted('watch')) {
    parent
      .command('watch [run]')
      .description('the live step tree of a run (default: the newest); one line per change without a terminal')
      .option('--no-wait-approval', 'stop with exit code 6 when a person has to decide')
      .action(handled(async (...given) => (await import('../run-read.ts')).watchOneRun(...given)))
      .addHelpText('before', examplesFirst(['runward run watch 142', 'runward run watch latest -o jsonl | jq .type']));
  }
  if (wanted('logs')) logsCommand(parent);
}

function listCommand(parent: Command): void {
  parent
    .command('list')
    .description('runs, newest first')
    .option('--status <words>', 'only these, for example running,waiting')
    .option('--runbook <name>', 'only runs of this runbook')
    .option('--as <words>', 'only runs of these purposes; without it all but readiness checks that were made on their own')
    .option('-n, --count <number>', 'how many', '20')
    .action(handled(async (...given) => (await import('../run-read.ts')).listRuns(...given)))
    .addHelpText(
      'before',
      examplesFirst([
        'runward run list',
        'runward run list --status waiting,unknown',
        'runward run list --as readiness',
        'runward run list -o name -n 1',
      ]),
    );
}

function logsCommand(parent: Command): void {
  parent
    .command('logs <run>')
    .description('what scripts and checks wrote')
    .option('--step <path>', 'only this step')
    .option('--item <key>', 'only this member of a fan-out')
    .option('--tail <number>', 'the last lines', '200')
    .option('--follow', 'go on until the run ends')
    .option('--timestamps', 'with the time of each line')
    .action(handled(async (...given) => (await import('../run-logs.ts')).showLogs(...given)))
    .addHelpText('before', examplesFirst(['runward run logs 142 --step repoint_app', 'runward run logs latest --follow']));
}
