import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../adapters/system/clock.ts';
import { systemIds, systemRandom } from '../../../adapters/system/ids.ts';
import { parseRunId } from '../../../engine/ids.ts';

describe('the system clock', () => {
  it('sleeps until the time is over or the signal aborts, and never rejects', async () => {
    await systemClock.sleep(0);
    const stop = new AbortController();
    const sleeping = systemClock.sleep(1e12, stop.signal);
    stop.abort();
    await sleeping;
    await systemClock.sleep(60_000, AbortSignal.abort());
  });
});

describe('names and digests', () => {
  it('gives the same UUIDv5 for the same parts, for ever', () => {
    expect(systemIds.uuid5('run', 'failover/web[2]', '1')).toBe('06ee760d-8653-54b6-99cb-1ddb408fd1c1');
    expect(systemIds.uuid5('a', 'bc')).not.toBe(systemIds.uuid5('ab', 'c'));
    expect(parseRunId(systemIds.uuid5('ü'))?.[14]).toBe('5');
  });

  it('gives run ids, tokens and digests of the promised form', () => {
    expect(parseRunId(systemIds.newRunId())).toBeDefined();
    expect(systemIds.newToken()).toMatch(/^[0-9a-f]{32}$/);
    expect(systemIds.newToken()).not.toBe(systemIds.newToken());
    // The digest of the empty text, from FIPS 180-4.
    expect(systemIds.sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    const number = systemRandom();
    expect(number >= 0 && number < 1).toBe(true);
  });
});
