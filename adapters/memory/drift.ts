import type { DriftRecord } from '../../engine/dsc/drift-record.ts';
import type { Store } from '../../engine/store.ts';
import { copy } from './copy.ts';

type Drift = Pick<Store, 'readDrift' | 'listDrift' | 'writeDrift' | 'putDriftText' | 'readDriftText'>;

/** What is known of machines and their configuration documents, with the texts behind it. */
export function makeDrift(nowMs: () => number): Drift {
  const records = new Map<string, DriftRecord>();
  const texts = new Map<string, { readonly text: string; readonly untilMs: number }>();
  return {
    async readDrift(key) {
      const record = records.get(key);
      return record === undefined ? undefined : copy(record);
    },
    listDrift: async () => copy([...records.values()].toSorted((left, right) => (left.key < right.key ? -1 : 1))),
    async writeDrift(record) {
      if ((records.get(record.key)?.rev ?? 0) !== record.rev - 1) return false;
      records.set(record.key, copy(record));
      return true;
    },
    async putDriftText(digest, text, keepMs) {
      texts.set(digest, { text, untilMs: nowMs() + keepMs });
    },
    async readDriftText(digest) {
      const kept = texts.get(digest);
      return kept !== undefined && kept.untilMs > nowMs() ? kept.text : undefined;
    },
  };
}
