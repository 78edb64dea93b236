import { describe, expect, test } from 'vitest';
import { makeBudget } from '../../../adapters/azure/budget.ts';
import type { Budget } from '../../../adapters/azure/budget.ts';
import type { RawAnswer } from '../../../adapters/azure/wire.ts';

const SUBSCRIPTION = 'https://management.azure.com/subscriptions/6f1c1b5e-0000-4000-8000-00000000a001';
const GROUP = `${SUBSCRIPTION}/resourceGroups/rg`;
const vm = (name: string): string => `${GROUP}/providers/Microsoft.Compute/virtualMachines/${name}`;
const VAULT = `${GROUP}/providers/Microsoft.RecoveryServices/vaults/v`;
const AT_MS = Date.UTC(2026, 0, 5, 9);

const answer = (headers: Readonly<Record<string, string>>, status = 200, body: object = {}): RawAnswer => ({
  status,
  headers,
  body: JSON.stringify(body),
});
const reads = (left: number): RawAnswer => answer({ 'x-ms-ratelimit-remaining-subscription-reads': String(left) });
const get = (url: string, need: 'poll' | 'send' | 'reconcile' | 'severe' = 'poll') => ({ method: 'GET', url, need });

/** A budget that has seen a full bucket and then this many left. */
function withLeft(left: number): Budget {
  const budget = makeBudget();
  budget.note(get(vm('a')), reads(250), AT_MS - 6_000);
  budget.note(get(vm('a')), reads(left), AT_MS);
  return budget;
}

describe('what is left decides who may ask', () => {
  test('with enough left, everybody', () => {
    expect(withLeft(200).waitMs(get(vm('b')), AT_MS)).toBe(0);
  });

  test('below a fifth, looks at one thing come half as often, and nothing else waits', () => {
    const budget = makeBudget();
    budget.note(get(vm('a')), reads(250), AT_MS);
    expect(budget.waitMs(get(vm('a')), AT_MS)).toBe(0);
    expect(budget.waitMs(get(vm('a')), AT_MS + 10_000)).toBe(0);
    budget.note(get(vm('a')), reads(49), AT_MS + 10_000);
    expect(budget.waitMs(get(vm('a')), AT_MS + 20_000)).toBe(10_000);
    expect(budget.waitMs(get(vm('a'), 'reconcile'), AT_MS + 20_000)).toBe(0);
    expect(budget.waitMs(get(vm('b')), AT_MS + 20_000)).toBe(0);
  });

  test.each(['send', 'reconcile', 'severe'] as const)('below a twentieth, polls wait and a %s does not', (need) => {
    const budget = withLeft(12);
    expect(budget.waitMs(get(vm('b')), AT_MS)).toBeGreaterThan(0);
    expect(budget.waitMs(get(vm('b'), need), AT_MS)).toBe(0);
  });

  test('what was told long ago says nothing: somebody looks again', () => {
    expect(withLeft(1).waitMs(get(vm('b')), AT_MS + 16_000)).toBe(0);
  });

  test('answers overtake each other: the lowest of some seconds counts', () => {
    const budget = withLeft(12);
    budget.note(get(vm('a')), reads(240), AT_MS + 100);
    expect(budget.waitMs(get(vm('b')), AT_MS + 200)).toBeGreaterThan(0);
    budget.note(get(vm('a')), reads(240), AT_MS + 6_000);
    expect(budget.waitMs(get(vm('b')), AT_MS + 6_000)).toBe(0);
  });

  test('one machine that is asked too often does not silence the others', () => {
    const budget = makeBudget();
    const left = (number: number) => answer({ 'x-ms-ratelimit-remaining-resource': `Microsoft.Compute/LowCostGetResource;${number}` });
    budget.note(get(vm('a')), left(36), AT_MS);
    budget.note(get(vm('a')), left(1), AT_MS);
    expect(budget.waitMs(get(vm('a')), AT_MS)).toBeGreaterThan(0);
    expect(budget.waitMs(get(vm('b')), AT_MS)).toBe(0);
  });
});

describe('429 closes a bucket for everybody', () => {
  test.each([
    {
      what: 'reads of the subscription',
      url: vm('a'),
      body: { error: { code: 'SubscriptionRequestsThrottled', message: 'Number of read requests …' } },
      closed: vm('b'),
      open: `${VAULT}-of-another-subscription`.replace('a001', 'a002'),
    },
    {
      what: 'one machine',
      url: vm('a'),
      body: { code: 'OperationNotAllowed', details: [{ code: 'TooManyRequests', target: 'LowCostGetResource' }] },
      closed: vm('a'),
      open: vm('b'),
    },
    {
      what: 'Backup, and not Site Recovery in the same vault',
      url: `${VAULT}/backupJobs/1`,
      body: { error: { code: 'TooManyRequests' } },
      closed: `${VAULT}/backupJobs/2`,
      open: `${VAULT}/replicationJobs/1`,
    },
  ])('$what', ({ url, body, closed, open }) => {
    const budget = makeBudget();
    budget.note(get(url), answer({ 'x-ms-ratelimit-remaining-resource': 'Microsoft.Compute/LowCostGetResource;5' }), AT_MS);
    budget.note(get(url), answer({ 'retry-after': '17' }, 429, body), AT_MS);
    expect(budget.waitMs(get(closed, 'send'), AT_MS)).toBe(17_000);
    expect(budget.waitMs(get(closed, 'send'), AT_MS + 17_000)).toBe(0);
    expect(budget.waitMs(get(open), AT_MS)).toBe(0);
  });
});
