import type { AuditEntry } from '../../engine/audit/chain.ts';
import type { Store } from '../../engine/store.ts';
import { copy } from './copy.ts';

type SystemAudit = Pick<Store, 'systemAuditHead' | 'appendSystemAudit' | 'readSystemAudit' | 'keepAnswer' | 'readAnswer'>;

/** The chain of the installation in `entries`, and the answers that were given to requests with a key. */
export function makeSystemAudit(nowMs: () => number, entries: AuditEntry[]): SystemAudit {
  const answers = new Map<string, { readonly text: string; readonly untilMs: number }>();
  const answerOf = (id: string): string | undefined => {
    const kept = answers.get(id);
    return kept !== undefined && kept.untilMs > nowMs() ? kept.text : undefined;
  };
  return {
    async systemAuditHead() {
      const last = entries.at(-1);
      return last === undefined ? undefined : { seq: last.seq, hash: last.hash };
    },
    async appendSystemAudit(entry) {
      if (entry.seq !== entries.length + 1 || entry.prev !== (entries.at(-1)?.hash ?? entry.prev)) return false;
      entries.push(copy(entry));
      return true;
    },
    readSystemAudit: async (after, limit) => copy(entries.slice(after, after + limit)),
    async keepAnswer(id, text, keepMs) {
      const earlier = answerOf(id);
      if (earlier === undefined) answers.set(id, { text, untilMs: nowMs() + keepMs });
      return earlier ?? text;
    },
    readAnswer: async (id) => answerOf(id),
  };
}
