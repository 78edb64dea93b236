import type { GateStore } from '../../engine/gates/gate-store.ts';
import type { Freeze, KillSwitch } from '../../engine/gates/stops.ts';
import type { RunId } from '../../engine/ids.ts';
import { copy } from './copy.ts';

/** Kill switch, freezes and groups of runs. */
export function makeGates(): GateStore {
  const freezes = new Map<string, Freeze>();
  const groups = new Map<string, Set<RunId>>();
  let kill: KillSwitch | undefined;
  return {
    readStops: async () => copy({ ...(kill === undefined ? {} : { kill }), freezes: [...freezes.values()].toSorted(byId) }),
    async writeKill(next) {
      kill = next === undefined ? undefined : copy(next);
    },
    async writeFreezes({ put, remove }) {
      for (const id of remove) freezes.delete(id);
      for (const freeze of put) freezes.set(freeze.id, copy(freeze));
    },
    async joinGroup(group, runId, limit) {
      const members = groups.get(group) ?? new Set<RunId>();
      groups.set(group, members);
      if (!members.has(runId) && members.size >= limit) return { kind: 'full', members: [...members].toSorted() };
      members.add(runId);
      return { kind: 'joined' };
    },
    async leaveGroup(group, runId) {
      groups.get(group)?.delete(runId);
    },
  };
}

function byId(left: Freeze, right: Freeze): number {
  return left.id < right.id ? -1 : 1;
}
