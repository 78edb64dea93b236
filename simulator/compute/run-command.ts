import { runScript } from '../machine/shell.ts';
import { planted } from '../plants.ts';
import { DURATIONS, azureTime } from '../times.ts';
import { advance } from '../transition.ts';
import { EXECUTION } from './run-command-state.ts';
import type { RunningScript, ScriptEnd } from '../machine/shell.ts';
import type { Fate } from '../faults/fate.ts';
import type { Operation } from '../operations.ts';
import type { Machine, World } from '../world.ts';
import type { ExecutionEvent, ExecutionState } from './run-command-state.ts';

export interface Parameter {
  readonly name: string;
  readonly value: string;
}

/** What was asked of a managed run command. */
export interface RunCommandOrder {
  readonly name: string;
  readonly location: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly script: string;
  readonly parameters: readonly Parameter[];
  readonly protectedParameters: readonly Parameter[];
  readonly asyncExecution: boolean;
  readonly timeoutInSeconds: number;
  readonly treatFailureAsDeploymentFailure: boolean;
}

/** A managed run command of a machine. */
export interface RunCommand {
  readonly order: RunCommandOrder;
  readonly number: number;
  provisioning: 'Creating' | 'Updating' | 'Succeeded' | 'Failed' | 'Deleting';
  state: ExecutionState;
  message: string;
  exitCode: number;
  output: string;
  error: string;
  startMs: number | undefined;
  endMs: number | undefined;
  readonly agentReady: () => void;
  readonly cancel: () => void;
}

/** What starts a run command; `provisioned` runs when ARM's part of it has ended. */
export interface RunCommandStart {
  readonly order: RunCommandOrder;
  readonly number: number;
  readonly replaces: boolean;
  readonly fate: Fate;
  readonly provisioned: (failed: boolean) => void;
}

/** Puts a run command on a machine: after the overhead, and when the agent is ready, its script runs. */
export function startRunCommand(world: World, machine: Machine, given: RunCommandStart): RunCommand {
  let script: RunningScript | undefined;
  let overheadOver = false;

  const begin = (): void => {
    if (command.state !== 'Pending' || !overheadOver || !machine.agentReady) return;
    move(command, 'run');
    command.startMs = world.clock.nowMs();
    const variables = Object.fromEntries(
      [...given.order.parameters, ...given.order.protectedParameters].map(({ name, value }) => [name, value]),
    );
    const id = `${given.order.name}.${given.number}`;
    const ordered = { id, text: given.order.script, variables, timeoutMs: given.order.timeoutInSeconds * 1000 };
    script = runScript(world, machine, ordered, (end) => finish(world, { machine, command, start: given, end }));
    const { scriptKilledMs } = given.fate;
    // Scripts run in real time, so this is real time too.
    if (scriptKilledMs !== undefined) setTimeout(() => script?.kill(), scriptKilledMs);
    if (given.order.asyncExecution) provisioned(command, given, false);
  };

  const command: RunCommand = {
    order: given.order,
    number: given.number,
    provisioning: given.replaces ? 'Updating' : 'Creating',
    state: 'Pending',
    message: 'Execution is in progress',
    exitCode: 0,
    output: '',
    error: '',
    startMs: undefined,
    endMs: undefined,
    agentReady: begin,
    cancel: () => {
      if (command.state === 'Pending' || command.state === 'Running') {
        move(command, 'cancel');
        command.endMs = world.clock.nowMs();
      }
      script?.kill();
    },
  };
  world.clock.after(DURATIONS.runCommandOverhead, () => {
    overheadOver = true;
    begin();
  });
  return command;
}

/** The script has ended: its result is there at once, the end of provisioning perhaps later. */
function finish(
  world: World,
  given: { readonly machine: Machine; readonly command: RunCommand; readonly start: RunCommandStart; readonly end: ScriptEnd },
): void {
  const { machine, command, start, end } = given;
  if (command.state !== 'Running') return;
  command.endMs = world.clock.nowMs();
  command.exitCode = end.exitCode;
  command.output = start.fate.outputLost ? '' : end.output;
  command.error = start.fate.outputLost ? '' : end.error;
  const failed = end.how !== 'exited' || end.exitCode !== 0;
  move(command, end.how === 'timedOut' ? 'timeOut' : failed ? 'fail' : 'succeed');
  command.message = MESSAGES[command.state] ?? '';
  // The resource may stay "Creating" for a while although the script has ended: one in ten does.
  const late = world.draws.next(`run-command-late:${machine.key}`) < 0.1 ? DURATIONS.runCommandOverhead : 0;
  world.clock.after(late, () =>
    provisioned(command, start, failed && (start.order.treatFailureAsDeploymentFailure || planted(world, 'E19'))),
  );
}

function provisioned(command: RunCommand, start: RunCommandStart, failed: boolean): void {
  if (command.provisioning !== 'Creating' && command.provisioning !== 'Updating') return;
  command.provisioning = failed ? 'Failed' : 'Succeeded';
  start.provisioned(failed);
}

function move(command: RunCommand, event: ExecutionEvent): void {
  command.state = advance(EXECUTION, command.state, event);
}

const MESSAGES: Readonly<Partial<Record<ExecutionState, string>>> = {
  Succeeded: 'Execution completed',
  Failed: 'Execution failed: command terminated with a non-zero exit status',
  TimedOut: 'Execution timed out',
};

/** A run command as ARM answers it. Protected parameters never come back. */
export function runCommandBody(id: string, command: RunCommand, withView: boolean): Readonly<Record<string, unknown>> {
  const { order } = command;
  return {
    name: order.name,
    id,
    type: 'Microsoft.Compute/virtualMachines/runCommands',
    location: order.location,
    tags: order.tags,
    properties: {
      source: { script: order.script },
      parameters: order.parameters,
      asyncExecution: order.asyncExecution,
      timeoutInSeconds: order.timeoutInSeconds,
      treatFailureAsDeploymentFailure: order.treatFailureAsDeploymentFailure,
      provisioningState: command.provisioning,
      ...(withView ? { instanceView: executionView(command) } : {}),
    },
  };
}

function executionView(command: RunCommand): Readonly<Record<string, unknown>> {
  return {
    executionState: command.state,
    executionMessage: command.message,
    exitCode: command.exitCode,
    output: command.output,
    error: command.error,
    ...(command.startMs === undefined ? {} : { startTime: azureTime(command.startMs) }),
    ...(command.endMs === undefined ? {} : { endTime: azureTime(command.endMs) }),
    statuses: [],
  };
}

/** Ends the operation of a request for a run command. */
export function endOperation(operation: Operation, failed: boolean): void {
  if (failed) operation.error = { code: 'VMExtensionProvisioningError', message: 'Run command execution failed.' };
}
