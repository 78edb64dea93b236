import type { RunId } from '../ids.ts';
import type { Freeze, KillSwitch } from './stops.ts';

/** What the store keeps of kill switch, freezes and groups. */
export interface GateStore {
  readonly readStops: () => Promise<{ readonly kill?: KillSwitch; readonly freezes: readonly Freeze[] }>;
  /** Sets the switch, or turns it off; confirmed as durable before it answers. */
  readonly writeKill: (kill: KillSwitch | undefined) => Promise<void>;
  /** Adds or replaces freezes and removes others by their ids, all at once. */
  readonly writeFreezes: (change: { readonly put: readonly Freeze[]; readonly remove: readonly string[] }) => Promise<void>;
  /** Gives the run a place in a group of at most `limit` runs, or tells who has them; a run that has a place keeps it. */
  readonly joinGroup: (group: string, runId: RunId, limit: number) => Promise<GroupAnswer>;
  readonly leaveGroup: (group: string, runId: RunId) => Promise<void>;
}

export type GroupAnswer = { readonly kind: 'joined' } | { readonly kind: 'full'; readonly members: readonly RunId[] };
