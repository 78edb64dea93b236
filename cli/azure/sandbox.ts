import { randomUUID } from 'node:crypto';
import type { ObservedExchange } from '../../adapters/azure/config.ts';
import type { Azure, AzureReadAnswer, AzureSubmitAnswer, AzureVm } from '../../engine/azure-calls.ts';
import type { AzureOperation } from '../../engine/azure-operations.ts';
import { RunwardError } from '../../engine/errors.ts';
import { RETRY_AFTER_MIN_MS } from '../../engine/limits.ts';

/** What was seen about one question. */
export interface Verdict {
  readonly id: string;
  readonly verdict: 'confirmed' | 'refuted' | 'not_run';
  readonly seen: string;
}

/** A sandbox that may be changed: one group with its machine. `scale` is how much faster than Azure a simulated one runs. */
export interface Sandbox {
  readonly azure: Azure;
  readonly groupId: string;
  readonly machine: AzureVm | undefined;
  readonly scale: number;
  readonly isSovereign: boolean;
  /** ARM ids of the recovery plan that holds the machine alone, and of the network that its copies are started in. */
  readonly planId: string | undefined;
  readonly networkId: string | undefined;
  /** What a scenario made and could not take away again, in words. */
  readonly left: string[];
  readonly traffic: readonly ObservedExchange[];
  readonly signal: AbortSignal;
}

/** A scenario as a person decides about it, and what it does. */
export interface Scenario {
  readonly costs: string;
  readonly lasts: string;
  readonly sends: readonly string[];
  readonly run: (sandbox: Sandbox) => Promise<readonly Verdict[]>;
}

/** The machine of the sandbox. Throws USAGE_FLAG when the group does not hold exactly one. */
export function machineOf({ machine }: Sandbox): AzureVm {
  if (machine !== undefined) return machine;
  throw new RunwardError(
    'USAGE_FLAG',
    'this scenario needs exactly one machine in the group: its disks and power are touched, nothing else',
  );
}

/** Sends one operation under a request id of its own, or the given one. */
export function send({ azure, signal }: Sandbox, operation: AzureOperation, requestId: string = randomUUID()): Promise<AzureSubmitAnswer> {
  return azure.submit(operation, requestId, signal);
}

/** Throws with Azure's words when a request was not taken: the scenario cannot go on and its questions stay open. */
export function mustBeTaken(what: string, answer: AzureSubmitAnswer): void {
  if (answer.kind === 'accepted' || answer.kind === 'completed') return;
  throw new RunwardError('ARM_REFUSED', `${what}: ${answer.kind}${'message' in answer ? `: ${answer.message}` : ''}`);
}

/** The value of a read. Throws with Azure's words when there is none. */
export function mustBeRead<Value>(what: string, answer: AzureReadAnswer<Value>): Value {
  if (answer.kind === 'found') return answer.value;
  throw new RunwardError('ARM_REFUSED', `${what}: ${answer.kind}: ${answer.message}`);
}

/** Looks until something is seen, for at most `limitMs` of Azure's time; undefined when it did not come. */
export async function seenWithin<Value>(
  sandbox: Sandbox,
  limitMs: number,
  look: () => Promise<Value | undefined>,
): Promise<Value | undefined> {
  const { scale, signal } = sandbox;
  const untilMs = performance.now() + Math.max(limitMs / scale, SIMULATED_MIN_MS);
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > untilMs || signal.aborted) return undefined;
    await pause(Math.max((2 * RETRY_AFTER_MIN_MS) / scale, LOOK_MIN_MS));
  }
}

/** Deletes one thing and looks until it is gone, for at most ten minutes; what stays is noted as left behind. Never throws. */
export async function removed(
  sandbox: Sandbox,
  what: string,
  ask: { readonly operation: AzureOperation; readonly isGone: () => Promise<boolean> },
): Promise<void> {
  try {
    const answer = await send(sandbox, ask.operation);
    if (answer.kind === 'refused' && answer.reason === 'missing') return;
    const gone = await seenWithin(sandbox, 10 * 60_000, async () => ((await ask.isGone()) ? true : undefined));
    if (gone !== true) sandbox.left.push(`${what}: ${answer.kind}${'message' in answer ? `: ${answer.message}` : ', and still there'}`);
  } catch (error) {
    sandbox.left.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The verdict that the default of the engine holds, or that it does not. */
export function verdict(id: string, holds: boolean, seen: string): Verdict {
  return { id, verdict: holds ? 'confirmed' : 'refuted', seen };
}

/** Real time: scripts inside of machines run in it, also in a simulated estate. */
export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

const SIMULATED_MIN_MS = 3_000;
const LOOK_MIN_MS = 100;

/** Waits for a power state; false when it did not come in time. */
export async function powerBecomes(sandbox: Sandbox, wanted: string, limitMs: number): Promise<boolean> {
  const { id } = machineOf(sandbox);
  const seen = await seenWithin(sandbox, limitMs, async () => {
    const vm = await sandbox.azure.read({ kind: 'vm.get', vmId: id }, sandbox.signal);
    return vm.kind === 'found' && vm.value.powerState === wanted ? true : undefined;
  });
  return seen === true;
}
