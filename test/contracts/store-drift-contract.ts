import { describe, expect, it } from 'vitest';
import type { DriftRecord } from '../../engine/dsc/drift-record.ts';
import type { Store } from '../../engine/store.ts';
import { newHex } from './store-requests.ts';

/** What is known of machines and their configuration documents. */
export function exerciseDrift(store: () => Store): void {
  describe('drift', () => {
    it('is written over the revision before and over no other', async () => {
      const first = driftRecord(newHex(), 1);
      expect(await store().readDrift(first.key)).toBeUndefined();
      expect(await store().writeDrift({ ...first, rev: 2 })).toBe(false);
      expect(await store().readDrift(first.key)).toBeUndefined();

      expect(await store().writeDrift(first)).toBe(true);
      expect(await store().writeDrift({ ...first, status: 'compliant' })).toBe(false);
      expect(await store().readDrift(first.key)).toEqual(first);

      expect(await store().writeDrift({ ...first, rev: 2, status: 'compliant' })).toBe(true);
      expect(await store().listDrift()).toContainEqual({ ...first, rev: 2, status: 'compliant' });
    });

    it('lets one of two writers of the same revision through', async () => {
      const record = driftRecord(newHex(), 1);
      const written = await Promise.all([store().writeDrift(record), store().writeDrift({ ...record, status: 'unknown' })]);
      expect(written.filter(Boolean)).toHaveLength(1);
    });

    it('keeps texts under their digest', async () => {
      const digest = newHex();
      expect(await store().readDriftText(digest)).toBeUndefined();
      await store().putDriftText(digest, '{"facts":{}}', 600_000);
      expect(await store().readDriftText(digest)).toBe('{"facts":{}}');
    });
  });
}

function driftRecord(key: string, rev: number): DriftRecord {
  return {
    schema: 1,
    key,
    rev,
    document: 'configurations/web.dsc.yaml',
    target: { name: 'web-01', id: 'web-01', environment: 'production' },
    status: 'drifted',
    sinceMs: 5,
    known: [],
    unobserved: [],
    resolved: [],
    checks: [],
  };
}
