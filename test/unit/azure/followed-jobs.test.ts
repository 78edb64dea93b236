import { expect, test } from 'vitest';
import type { Read } from '../../../adapters/azure/followed-jobs.ts';
import { withFollowedJobs } from '../../../adapters/azure/followed-jobs.ts';
import type { AzureJob, AzureNeed, AzureQuery } from '../../../engine/azure-calls.ts';

const VAULT = '/subscriptions/s/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/v';
const AT_MS = Date.UTC(2026, 0, 5, 9);
const { signal } = new AbortController();

/** A vault with so many jobs, asked through the follower once in half a minute; `asked` are the requests that reached Azure. */
function vault(count: number, elsewhere = VAULT) {
  const states = new Map(Array.from({ length: count }, (_, index) => [`${elsewhere}/replicationJobs/${index}`, 'InProgress']));
  const shown = new Map(states);
  const asked: string[] = [];
  let nowMs = AT_MS;
  let listAnswers = true;
  const job = (id: string, state = 'Unknown'): AzureJob => ({
    id,
    state,
    clientRequestId: undefined,
    scenario: undefined,
    targetName: undefined,
    startedAtMs: AT_MS,
    endedAtMs: undefined,
    recoveryPoints: [],
    errors: [],
  });
  const read = (async (query: AzureQuery) => {
    if (query.kind === 'sr.jobs') {
      asked.push('list');
      if (!listAnswers) return { kind: 'unanswered', message: '429', retryAfterMs: 1_000 };
      return { kind: 'found', value: [...shown].map(([id, state]) => job(id, state)) };
    }
    if (query.kind !== 'sr.job') throw new Error(query.kind);
    asked.push(query.jobId.split('/').at(-1) ?? '');
    return { kind: 'found', value: job(query.jobId, states.get(query.jobId)) };
  }) as unknown as Read;
  const follower = withFollowedJobs(read, () => nowMs);
  const round = async (need: AzureNeed = 'poll') => {
    asked.length = 0;
    const told = await Promise.all([...states.keys()].map((jobId) => follower({ kind: 'sr.job', jobId }, signal, need)));
    nowMs += 30_000;
    return told.map((answer) => (answer.kind === 'found' ? answer.value.state : answer.kind));
  };
  const change = (index: number, state: string, late = false): void => {
    states.set(`${elsewhere}/replicationJobs/${index}`, state);
    if (!late) shown.set(`${elsewhere}/replicationJobs/${index}`, state);
  };
  return { asked, round, change, refuseLists: () => (listAnswers = false) };
}

test('up to three jobs are read one by one', async () => {
  const { asked, round } = vault(3);
  await round();
  await round();
  expect(asked).toEqual(['0', '1', '2']);
});

test('of more than three, one list tells which have changed, and only those are read', async () => {
  const { asked, round, change } = vault(100);
  await round();
  expect(asked).toHaveLength(100);
  expect(new Set(await round())).toEqual(new Set(['InProgress']));
  expect(asked).toEqual(['list']);
  change(7, 'Succeeded');
  expect((await round())[7]).toBe('Succeeded');
  expect(asked).toEqual(['list', '7']);
});

test('a list that is late is believed for nine looks at most', async () => {
  const { asked, round, change } = vault(4);
  await round();
  change(0, 'Failed', true);
  for (let look = 0; look < 9; look += 1) expect((await round())[0]).toBe('InProgress');
  expect((await round())[0]).toBe('Failed');
  expect(asked.toSorted()).toEqual(['0', '1', '2', '3']);
});

test('where no list comes, every job is read', async () => {
  const { asked, round, refuseLists } = vault(5);
  await round();
  refuseLists();
  await round();
  expect(asked.filter((one) => one !== 'list')).toHaveLength(5);
});

test('whoever looks for an earlier request reads the job itself', async () => {
  const { asked, round } = vault(10);
  await round();
  await round('reconcile');
  expect(asked).toHaveLength(10);
});
