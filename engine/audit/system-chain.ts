import { assert } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { type AuditEntry, type AuditFact, chainFacts, EMPTY_HEAD } from './chain.ts';

const TRIES_MAX = 50;

/**
 * Writes who did what to the installation (schedules, locks, controls) into its chain, in front of the change itself: nothing is changed that
 * is not written down. Throws STORE_UNAVAILABLE.
 */
export async function recordFact(ports: Pick<Ports, 'store' | 'ids'>, fact: Omit<AuditFact, 'at'>): Promise<AuditEntry> {
  const at = await ports.store.nowMs();
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const head = (await ports.store.systemAuditHead()) ?? { seq: 0, hash: EMPTY_HEAD };
    const [entry] = chainFacts(ports.ids.sha256, head, [{ ...fact, at }]);
    assert(entry !== undefined, 'one fact makes one entry');
    if (await ports.store.appendSystemAudit(entry)) return entry;
  }
  throw new Error('the chain of the installation changes all the time');
}
