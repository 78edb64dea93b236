import { expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import { loadDocuments } from '../../../engine/language/load.ts';
import { runTest } from '../../../runbook-test/run-test.ts';

const tcp = (id: string, more = ''): string => `{ id: ${id}, uses: tcp.check@1, with: { host: web.example.com, port: 80 }${more} }`;

async function differencesOf(onFailure: string, expected: string): Promise<readonly string[]> {
  const runbook = `apiVersion: runward/v1
kind: Runbook
metadata: { name: switch, title: Switch the web tier over, owner: team-web }
purpose: operations
environment: test
timeout: 6h
on_failure: ${onFailure}
steps:
  - ${tcp('first')}
  - ${tcp('own', ', on_failure: continue')}
  - { id: block, steps: [${tcp('inside')}] }
  - ${tcp('last')}
`;
  const fails = '{ result: { open: false } }';
  const test = `apiVersion: runward/v1
kind: RunbookTest
runbook: switch
cases:
  - name: one
    mocks: { own: ${fails}, inside: ${fails} }
    expect: ${expected}
`;
  const files = [
    { path: 'switch.yaml', text: runbook },
    { path: 'switch.test.yaml', text: test },
  ];
  const loaded = loadDocuments(files, { actions });
  expect(loaded.findings).toEqual([]);
  const [found] = loaded.tests;
  if (found === undefined) throw new Error('there is no test');
  const { cases } = await runTest(loaded, found, { seed: 1, wants: () => true });
  return cases.flatMap(({ differences }) => differences.map(({ message }) => message));
}

const handler = (then: string): string =>
  `{ do: [{ id: tell, uses: tcp.check@1, with: { host: ops.example.com, port: 25 } }], then: ${then} }`;

it('the on_failure of a runbook with steps of its own counts for the steps at its top that say nothing themselves', async () => {
  expect(
    await differencesOf(
      handler('continue'),
      '{ status: partially_failed, steps: { own: failed, block: failed, last: succeeded }, order: [own, inside, tell, last] }',
    ),
  ).toEqual([]);
  expect(await differencesOf(handler('stop'), '{ status: failed, order: [inside, tell], not_started: [last] }')).toEqual([]);
  expect(await differencesOf(handler('recover'), '{ status: partially_failed, steps: { block: recovered, last: succeeded } }')).toEqual([]);
});

it('stop is what follows where a runbook says nothing', async () => {
  expect(await differencesOf('stop', '{ status: failed, not_started: [last] }')).toEqual([]);
});
