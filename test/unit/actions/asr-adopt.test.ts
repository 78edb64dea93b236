import { expect, test } from 'vitest';
import { asrItemTestFailover } from '../../../engine/actions/asr-item-test-failover.ts';
import type { AzureJob } from '../../../engine/azure-calls.ts';
import { ITEM, NETWORK, NOW_MS, VAULT, context, effect, item, job, portsWith, putJobs, writtenAzure } from './written-azure.ts';

const action = effect(asrItemTestFailover);
const given = context(action, { network: NETWORK });

async function adopt(changes: Partial<AzureJob>, operation = `${VAULT}/replicationJobs/theirs`) {
  const azure = writtenAzure();
  azure.put('sr.item', ITEM, item());
  putJobs(azure, job('theirs', changes));
  return action.adopt?.(portsWith(azure), given, operation);
}

test('AZ-08: an operation that a person names is taken over by its id or by its name', async () => {
  const handle = { jobId: `${VAULT}/replicationJobs/theirs` };
  expect(await adopt({})).toEqual({ kind: 'found', handle });
  expect(await adopt({}, 'theirs')).toEqual({ kind: 'found', handle });
});

const FOREIGN: readonly { readonly of: string; readonly why: string; readonly changes?: Partial<AzureJob>; readonly operation?: string }[] =
  [
    { of: 'another machine', why: 'it works on db-01, not on web-01', changes: { targetName: 'db-01' } },
    { of: 'another kind of work', why: 'it is Failover, not TestFailover', changes: { scenario: 'Failover' } },
    { of: 'an earlier day', why: 'it began before the step did', changes: { startedAtMs: NOW_MS - 86_400_000 } },
    { of: 'no machine yet', why: 'it works on nothing that it names', changes: { targetName: undefined } },
    { of: 'another vault', why: 'it belongs to another vault', operation: `${VAULT}-2/replicationJobs/theirs` },
    { of: 'nobody', why: 'the vault has no such job', operation: 'unknown' },
  ];
test.each(FOREIGN)('AZ-08: a job of $of is not the effect of this step', async ({ why, changes = {}, operation }) => {
  expect(await adopt(changes, operation)).toMatchObject({ kind: 'foreign', message: expect.stringContaining(why) });
});
