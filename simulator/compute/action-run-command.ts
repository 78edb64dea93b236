import { z } from 'zod';
import { armError, refusal } from '../arm-errors.ts';
import { machineId } from '../arm-ids.ts';
import { runScript } from '../machine/shell.ts';
import { moveOperation } from '../operations.ts';
import { DURATIONS } from '../times.ts';
import { findMachine, isMachine } from './find.ts';
import { begin } from './machine-requests.ts';
import { exists } from './machines.ts';
import type { ScriptEnd } from '../machine/shell.ts';
import type { Operation } from '../operations.ts';
import type { Answer, Call } from '../route.ts';
import type { Machine, World } from '../world.ts';

export const ACTION_RUN_COMMAND = 'VirtualMachines_RunCommand';
/** Azure ends such a script after this time (docs: Run scripts in a Linux VM with action Run Commands). */
const TIMEOUT_MS = 90 * 60_000;
const AGENT_LOOK_MS = 1000;

/** Body of the first, unmanaged kind of run command. */
export const ACTION_RUN_COMMAND_BODY = z.strictObject({
  commandId: z.literal('RunShellScript'),
  script: z.array(z.string()).min(1),
  parameters: z.array(z.strictObject({ name: z.string(), value: z.string() })).optional(),
});

/** POST runCommand: one script at a time, with no name to find it by and no output before it has ended. */
export function postRunCommand(world: World, call: Call): Answer {
  const machine = findMachine(world, call);
  if (!isMachine(machine)) return machine;
  const resource = machineId(world, machine.group, machine.name);
  if (machine.power !== 'running')
    return refusal(resource, armError(409, 'OperationNotAllowed', 'Cannot modify extensions in the VM when the VM is not running.'));
  if (world.actionScripts.has(machine.key))
    return refusal(
      resource,
      armError(
        409,
        'Conflict',
        'Run command extension execution is in progress. Please wait for completion before invoking a run command.',
      ),
    );
  let value: readonly object[] = [];
  const { operation, answer } = begin(world, machine, () => ({ status: 200, body: { value } }));
  const ended = (end: ScriptEnd): void => {
    value = [statusOf(end)];
    finish(world, machine, operation);
  };
  world.actionScripts.add(machine.key);
  const body = call.body as z.infer<typeof ACTION_RUN_COMMAND_BODY>;
  world.clock.after(DURATIONS.runCommandOverhead, () => start(world, machine, { operation, body, ended }));
  return { ...answer, effect: { effect: 'started', resource, operationId: operation.id } };
}

function start(
  world: World,
  machine: Machine,
  given: {
    readonly operation: Operation;
    readonly body: z.infer<typeof ACTION_RUN_COMMAND_BODY>;
    readonly ended: (end: ScriptEnd) => void;
  },
): void {
  const { operation, body, ended } = given;
  if (!exists(world, machine) || machine.power !== 'running') {
    operation.error = { code: 'OperationPreempted', message: 'The machine stopped before the script had begun.' };
    return finish(world, machine, operation);
  }
  // A machine without files has no agent that could take the script, and waits as one whose agent is silent does.
  if (!machine.agentReady) return void world.clock.after(AGENT_LOOK_MS, () => start(world, machine, given));
  const variables = Object.fromEntries((body.parameters ?? []).map(({ name, value }) => [name, value]));
  runScript(world, machine, { id: `action.${operation.id}`, text: body.script.join('\n'), variables, timeoutMs: TIMEOUT_MS }, ended);
  return undefined;
}

function finish(world: World, machine: Machine, operation: Operation): void {
  world.actionScripts.delete(machine.key);
  moveOperation(world, operation, operation.error === undefined ? 'succeed' : 'fail');
  world.ledger.newPeriod(machineId(world, machine.group, machine.name), ACTION_RUN_COMMAND);
}

/** Output and errors in one text: whether the script itself failed is not told. */
function statusOf({ output, error }: ScriptEnd): object {
  return {
    code: 'ProvisioningState/succeeded',
    level: 'Info',
    displayStatus: 'Provisioning succeeded',
    message: `Enable succeeded: \n[stdout]\n${output}\n[stderr]\n${error}`,
  };
}
