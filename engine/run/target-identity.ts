import { RunwardError } from '../errors.ts';
import { UNANSWERED_MS } from '../limits.ts';
import { recordOf, type Turn } from './turn.ts';

/** Whether the target is still the one of the plan, before a run changes it for the first time. */
export type TargetSeen =
  | { readonly kind: 'same' }
  | { readonly kind: 'gone'; readonly message: string }
  | { readonly kind: 'unanswered'; readonly message: string; readonly retryAfterMs: number };

/**
 * Looks whether a virtual machine of the plan is still there. Throws CONFLICT_STALE_PLAN when another one has its name: nobody agreed to
 * change that one, so the run stops for a person.
 */
export async function lookAtTarget(turn: Turn): Promise<TargetSeen> {
  const { target } = recordOf(turn);
  if (target?.uniqueId === undefined || target.kind !== 'azure_vm' || wasChanged(turn, target.id)) return { kind: 'same' };
  const vm = await turn.engine.ports.azure.read({ kind: 'vm.get', vmId: target.id }, turn.signal);
  switch (vm.kind) {
    case 'found':
      if (vm.value.vmId === undefined || vm.value.vmId === target.uniqueId) return { kind: 'same' };
      throw new RunwardError(
        'CONFLICT_STALE_PLAN',
        `${target.name} is another machine than the one of the plan (${vm.value.vmId}, planned ${target.uniqueId}): nothing was sent to it; cancel this run and plan again`,
      );
    case 'missing':
      return { kind: 'gone', message: `the machine of the plan is not there any more (${vm.message})` };
    case 'denied':
    case 'invalid':
      return { kind: 'unanswered', message: `the machine could not be looked at: ${vm.message}`, retryAfterMs: UNANSWERED_MS };
    case 'unanswered':
      return { kind: 'unanswered', message: `the machine could not be looked at: ${vm.message}`, retryAfterMs: vm.retryAfterMs };
  }
}

// What this run has changed already was looked at then; its own work may well have made the machine anew.
function wasChanged({ holder }: Turn, targetId: string): boolean {
  return [...holder.view().steps.values()].some(({ target, firstIntentAtMs }) => firstIntentAtMs !== undefined && target?.id === targetId);
}
