import { describe, expect, it } from 'vitest';
import { type HoldQuestion, holdNow } from '../../../engine/gates/hold.ts';

const NOW = Date.parse('2026-12-20T12:00:00+01:00');
const WINDOW = { cron: '0 22 * * *', timezone: 'Europe/Berlin', dayMatch: 'or', durationMs: 3_600_000 } as const;
const FREEZE = {
  id: 'f1',
  fromMs: NOW - 1000,
  toMs: NOW + 1000,
  reason: 'Year end',
  environments: ['production'],
  by: 'calendar year-end',
} as const;
const FREE: HoldQuestion = {
  nowMs: NOW,
  environment: 'production',
  stops: { freezes: [] },
  exempt: false,
  cleanup: false,
  begun: false,
  windows: [],
};
const KILL = { reason: 'wrong estate', by: 'dana' };
const word = (change: Partial<HoldQuestion>) => holdNow({ ...FREE, ...change })?.word;

describe('what holds a changing step', () => {
  it('is nothing where nothing holds', () => {
    expect(holdNow(FREE)).toBeUndefined();
  });

  it('the kill switch stands above everything: exemptions, cleanup and what has begun', () => {
    const all = { stops: { kill: KILL, freezes: [FREEZE] }, exempt: true, cleanup: true, begun: true } as const;
    expect(holdNow({ ...FREE, ...all })).toEqual({ word: 'kill_switch', message: 'the kill switch is on: wrong estate (dana)' });
  });

  it('a freeze holds its environments between its ends, the last one excluded', () => {
    expect(holdNow({ ...FREE, stops: { freezes: [FREEZE] } })).toEqual({
      word: 'freeze',
      message: 'frozen: Year end (calendar year-end)',
      untilMs: NOW + 1000,
    });
    expect(word({ stops: { freezes: [FREEZE] }, environment: 'staging' })).toBeUndefined();
    expect(word({ stops: { freezes: [{ ...FREEZE, fromMs: NOW }] } })).toBe('freeze');
    expect(word({ stops: { freezes: [{ ...FREEZE, toMs: NOW }] } })).toBeUndefined();
    expect(word({ stops: { freezes: [{ ...FREEZE, fromMs: NOW + 1 }] } })).toBeUndefined();
  });

  it('a freeze holds neither an exempt failover, nor cleanup, nor what has begun', () => {
    const frozen = { stops: { freezes: [FREEZE] } };
    expect(word({ ...frozen, exempt: true })).toBeUndefined();
    expect(word({ ...frozen, cleanup: true })).toBeUndefined();
    expect(word({ ...frozen, begun: true })).toBeUndefined();
  });

  it('of two freezes the one that ends last is told', () => {
    const longer = { ...FREEZE, id: 'f2', reason: 'Audit', toMs: NOW + 5000 };
    expect(holdNow({ ...FREE, stops: { freezes: [FREEZE, longer] } })).toMatchObject({ untilMs: NOW + 5000 });
  });

  it('a closed window holds until it opens, unless work inside is under way; each level must be open', () => {
    const closed = { names: ['nights'], windows: [WINDOW], underWay: false };
    expect(holdNow({ ...FREE, windows: [closed] })).toEqual({
      word: 'window',
      message: 'no window of nights is open',
      untilMs: Date.parse('2026-12-20T22:00:00+01:00'),
    });
    expect(word({ windows: [{ ...closed, underWay: true }] })).toBeUndefined();
    const open = { names: ['days'], windows: [{ ...WINDOW, cron: '30 11 * * *' }], underWay: false };
    expect(word({ windows: [open] })).toBeUndefined();
    expect(word({ windows: [open, closed] })).toBe('window');
  });

  it('a spent approval and a failed readiness check hold what is not cleanup', () => {
    expect(word({ spent: 'asked for again' })).toBe('approval');
    expect(word({ notReady: 'replication' })).toBe('readiness');
    expect(word({ spent: 'asked for again', notReady: 'replication', cleanup: true })).toBeUndefined();
  });
});
