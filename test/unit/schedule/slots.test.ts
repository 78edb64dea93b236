import fc from 'fast-check';
import { CronExpressionParser } from 'cron-parser';
import { validate } from 'node-cron';
import { describe, expect, it } from 'vitest';
import { cronProblem } from '../../../engine/language/cron.ts';
import { dueAtMs, nextSlot, nextSlots, skippedWalls, type SlotRule } from '../../../engine/schedule/slots.ts';

const SEED = Number(process.env['SEED'] ?? 20_271);
const NOON = Date.UTC(2026, 5, 1, 12);

function rule(cron: string, more: Partial<SlotRule> = {}): SlotRule {
  return { id: 'nightly.run', cron, timezone: 'Europe/Berlin', dayMatch: 'or', jitterMs: 0, ...more };
}

const texts = (slots: readonly number[]): readonly string[] => slots.map((slot) => new Date(slot).toISOString().slice(0, 16));

describe('slots', () => {
  it('skip the hour that does not exist and say so', () => {
    const nightly = rule('30 2 * * *');
    const from = Date.UTC(2027, 2, 26, 12);
    expect(texts(nextSlots(nightly, from, 2))).toEqual(['2027-03-27T01:30', '2027-03-29T00:30']);
    expect(texts(skippedWalls(nightly, from, from + 4 * 86_400_000))).toEqual(['2027-03-28T02:30']);
  });

  it('come once in the repeated hour, at its first showing, unless they follow elapsed time', () => {
    const from = Date.UTC(2027, 9, 30, 22, 45);
    expect(texts(nextSlots(rule('30 2 * * *'), from, 2))).toEqual(['2027-10-31T00:30', '2027-11-01T01:30']);
    expect(texts(nextSlots(rule('30 * * * *'), from, 4))).toEqual([
      '2027-10-30T23:30',
      '2027-10-31T00:30',
      '2027-10-31T01:30',
      '2027-10-31T02:30',
    ]);
  });

  it('join a restricted day of month and day of week as asked', () => {
    expect(texts(nextSlots(rule('0 12 13 * 5', { dayMatch: 'and', timezone: 'UTC' }), NOON, 2))).toEqual([
      '2026-11-13T12:00',
      '2027-08-13T12:00',
    ]);
    expect(texts(nextSlots(rule('0 12 13 * 5', { dayMatch: 'or', timezone: 'UTC' }), NOON, 2))).toEqual([
      '2026-06-05T12:00',
      '2026-06-12T12:00',
    ]);
    expect(texts(nextSlots(rule('0 12 29 2 1', { dayMatch: 'and', timezone: 'UTC' }), NOON, 1))).toEqual(['2044-02-29T12:00']);
  });

  it('lie between from and until, both included', () => {
    const bounded = rule('0 9 * * *', { timezone: 'UTC', fromMs: Date.UTC(2026, 6, 1, 9), untilMs: Date.UTC(2026, 6, 2, 9) });
    expect(texts(nextSlots(bounded, NOON, 5))).toEqual(['2026-07-01T09:00', '2026-07-02T09:00']);
    expect(nextSlot(bounded, Date.UTC(2026, 6, 2, 9))).toBeUndefined();
  });

  it('carry a jitter that follows from the slot', () => {
    const spread = rule('0 * * * *', { jitterMs: 600_000 });
    const slots = nextSlots(spread, NOON, 200);
    const delays = slots.map((slot) => dueAtMs(spread, slot) - slot);
    expect(delays.every((delay) => delay >= 0 && delay < 600_000)).toBe(true);
    expect(new Set(delays).size).toBeGreaterThan(190);
    expect(slots.map((slot) => dueAtMs(spread, slot) - slot)).toEqual(delays);
    expect(dueAtMs(rule('0 * * * *'), NOON)).toBe(NOON);
  });

  it(`rise, and do not depend on where one begins to look (seed ${SEED})`, () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Casablanca', 'Asia/Kolkata', 'UTC'];
    const property = fc.property(
      cronText,
      fc.constantFrom(...zones),
      fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2030, 0) }),
      (cron, timezone, fromMs) => {
        fc.pre(cronProblem(cron) === undefined);
        const one = rule(cron, { timezone });
        const slots = nextSlots(one, fromMs, 6);
        for (const [index, slot] of slots.entries()) {
          const before = slots[index - 1] ?? fromMs;
          expect(slot).toBeGreaterThan(before);
          expect(nextSlot(one, Math.floor((before + slot) / 2))).toBe(slot);
          expect(nextSlot(one, slot - 1)).toBe(slot);
        }
      },
    );
    fc.assert(property, { seed: SEED, numRuns: 300 });
  });
});

describe('patterns', () => {
  it(`that are accepted are read alike by node-cron and cron-parser (seed ${SEED})`, () => {
    const property = fc.property(cronText, (cron) => {
      if (cronProblem(cron) !== undefined) return;
      expect(validate(cron), cron).toBe(true);
      expect(nextSlot(rule(cron, { timezone: 'UTC' }), NOON), cron).toBe(
        CronExpressionParser.parse(cron, { currentDate: NOON, tz: 'UTC' }).next().getTime(),
      );
    });
    fc.assert(property, { seed: SEED, numRuns: 2_000 });
  });

  it('that would never come, or that programs read differently, are refused', () => {
    for (const cron of [
      '0 0 31 4 *',
      '0 0 30 2 *',
      '0 0 31 2,4,6 *',
      '5/10 * * * *',
      'H * * * *',
      '0 0 ? * *',
      '0 0 15W * *',
      '0 22-6 * * *',
      '@daily',
    ])
      expect(cronProblem(cron), cron).toEqual(expect.any(String));
    for (const cron of ['0 0 29 2 *', '0 0 31 */2 *', '0 0 31 1-4/3 *', '0 0 * jan-mar mon', '0 0 1 * *'])
      expect(cronProblem(cron), cron).toBeUndefined();
  });
});

const cronText = fc
  .tuple(
    field(0, 59),
    field(0, 23),
    fc.oneof(fc.constant('*'), field(1, 31)),
    fc.oneof(fc.constant('*'), field(1, 12)),
    fc.oneof(fc.constant('*'), field(0, 7)),
  )
  .map((fields) => fields.join(' '));

function field(min: number, max: number): fc.Arbitrary<string> {
  const value = fc.integer({ min, max });
  const range = fc.tuple(value, value).map(([left, right]) => `${Math.min(left, right)}-${Math.max(left, right)}`);
  const step = fc.integer({ min: 1, max: Math.max(2, Math.floor(max / 2)) });
  const stepped = fc.tuple(fc.oneof(fc.constant('*'), range), step).map(([text, by]) => `${text}/${by}`);
  return fc.oneof(
    fc.constant('*'),
    fc.array(fc.oneof(value.map(String), range, stepped), { minLength: 1, maxLength: 3 }).map((parts) => parts.join(',')),
  );
}
