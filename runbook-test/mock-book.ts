import type { ActionContext } from '../engine/actions/action.ts';
import type { Mock, TestCase } from '../engine/language/runbook-test.ts';
import type { Journal } from './journal.ts';
import type { MockBook } from './mocked-actions.ts';

/** The mocks of a case: attempts of a step, or of one item of it, take them in order, and the last one repeats. */
export function mockBook(one: TestCase, journal: Journal, environment: string): MockBook {
  const taken = new Map<string, Mock | undefined>();
  const counts = new Map<string, number>();
  return {
    environment,
    mockFor: (context: ActionContext<never>) => {
      const attempt = `${context.stepKey}.${context.attempt}`;
      if (taken.has(attempt)) return taken.get(attempt);
      const path = journal.pathOf(context.runId, context.stepPath);
      journal.actionBegan(path);
      const id = journal.seen.get(path)?.record.stepId ?? '';
      const keys = journal.keysOf(path);
      const place = JSON.stringify([id, ...keys]);
      const before = counts.get(place) ?? 0;
      counts.set(place, before + 1);
      const mock = mockAt(one.mocks[id], keys, before);
      taken.set(attempt, mock);
      return mock;
    },
  };
}

/** The mock of an attempt (counted from 0): that of its own item where there is one, else that of the step. */
export function mockAt(mocks: readonly Mock[] | undefined, keys: readonly string[], attempt: number): Mock | undefined {
  const items = mocks?.[0]?.items ?? {};
  const own = keys.flatMap((key) => (Object.hasOwn(items, key) ? [items[key] ?? []] : []))[0];
  const list = own ?? mocks ?? [];
  return list[Math.min(attempt, list.length - 1)];
}
