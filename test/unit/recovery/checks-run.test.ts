import { describe, expect, it } from 'vitest';
import { leaf, makeRunWorld } from '../../support/run-world.ts';

const CHECKS = { steps: [], readiness: { checks: [leaf('healthy', 'read'), leaf('isolated', 'read')] } };
const kill = { by: 'anna', reason: 'storm', atMs: 0 };

describe('a run that makes the readiness checks alone', () => {
  it('ends when they have, also while the kill switch is on and a freeze holds', async () => {
    const world = await makeRunWorld(CHECKS, {}, { purpose: 'readiness' });
    world.stop({
      kill,
      freezes: [{ id: 'f', environments: ['*'], fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, reason: 'book closing', by: 'anna' }],
    });
    expect((await world.go()).state).toBe('succeeded');
    expect(world.calls.toSorted()).toEqual(['readiness/healthy:read', 'readiness/isolated:read']);
  });

  it('fails with the check that failed, asks nobody, and makes every other check', async () => {
    const read = async () => ({ kind: 'failed' as const, failure: { kind: 'target' as const, message: 'Critical' } });
    const world = await makeRunWorld(CHECKS, { read }, { purpose: 'readiness' });
    expect(await world.go()).toMatchObject({ state: 'failed', reason: expect.stringContaining('Critical (RW519)') });
    expect(world.calls).toHaveLength(2);
  });
});
