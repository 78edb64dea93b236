import type { AzureReplicationItem } from '../azure-calls.ts';
import type { JsonObject } from '../json.ts';
import type { ActionPorts, Unanswered } from './action.ts';
import { testMachineId } from './asr-test-machine.ts';
import { unansweredRead } from './azure-answer.ts';

/** A machine or network interface that a cleanup has to remove. */
export interface Leftover {
  readonly kind: 'vm' | 'nic';
  readonly id: string;
}

/** What must be gone afterwards: detached interfaces stay billed. A machine that cannot be read now is looked up again by its link. */
export async function leftovers(
  ports: Pick<ActionPorts, 'azure'>,
  items: readonly AzureReplicationItem[],
  signal: AbortSignal,
): Promise<JsonObject> {
  const vms: string[] = [];
  const nics: string[] = [];
  for (const item of items) {
    const vmId = testMachineId(item);
    if (vmId === undefined) continue;
    const vm = await ports.azure.read({ kind: 'vm.get', vmId }, signal);
    if (vm.kind !== 'found') continue;
    vms.push(vmId);
    nics.push(...vm.value.nicIds);
  }
  return { vms, nics };
}

/** The leftovers that a precheck recorded. */
export function leftoversOf(before: JsonObject | undefined): readonly Leftover[] {
  const ids = (name: string): readonly string[] => {
    const list = before?.[name];
    return Array.isArray(list) ? list.filter((entry) => typeof entry === 'string') : [];
  };
  return [...ids('vms').map((id) => ({ kind: 'vm', id }) as const), ...ids('nics').map((id) => ({ kind: 'nic', id }) as const)];
}

/** The pieces that can still be read. What may not be read counts as not known and is left out. */
export async function stillThere(
  ports: Pick<ActionPorts, 'azure'>,
  pieces: readonly Leftover[],
  signal: AbortSignal,
): Promise<string[] | Unanswered> {
  const left: string[] = [];
  for (const { kind, id } of pieces) {
    const answer =
      kind === 'vm'
        ? await ports.azure.read({ kind: 'vm.get', vmId: id }, signal)
        : await ports.azure.read({ kind: 'nic.get', nicId: id }, signal);
    if (answer.kind === 'unanswered') return unansweredRead(`what is left of the test machine (${id})`, answer);
    if (answer.kind === 'found') left.push(id);
  }
  return left;
}
