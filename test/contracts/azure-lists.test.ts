import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AzureQuery } from '../../engine/azure-calls.ts';
import type { AzureServer, Reply } from './azure-server.ts';
import { startAzureServer } from './azure-server.ts';

const SUBSCRIPTION = '6f1c1b5e-0000-4000-8000-00000000a001';
const { signal } = new AbortController();

let server: AzureServer;
beforeAll(async () => {
  server = await startAzureServer();
});
afterAll(() => server.close());

const vm = (name: string): object => ({
  id: `/subscriptions/${SUBSCRIPTION}/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/${name}`,
  name,
  location: 'westeurope',
  properties: {},
});
const status = (name: string): object => ({ ...vm(name), properties: { instanceView: { statuses: [{ code: 'PowerState/running' }] } } });

/** A list of machines in pages; each reading of the full list has its own, the last one stays. */
function serve(readings: readonly (readonly (readonly string[])[])[], statuses: readonly string[]): void {
  let reading = -1;
  server.answer(({ path, query }): Reply => {
    if (query.get('statusOnly') === 'true') return { status: 200, body: { value: statuses.map(status) } };
    const page = Number(query.get('$skiptoken') ?? '0');
    if (page === 0) reading = Math.min(reading + 1, readings.length - 1);
    const pages = readings[reading] ?? [];
    const next = page + 1 < pages.length ? { nextLink: `${server.origin}${path}?api-version=2026-04-01&$skiptoken=${page + 1}` } : {};
    return { status: 200, body: { value: (pages[page] ?? []).map(vm), ...next } };
  });
}

async function listed(): Promise<readonly string[]> {
  const answer = await server.connect().read({ kind: 'vm.list', subscription: SUBSCRIPTION }, signal);
  if (answer.kind !== 'found') throw new Error(JSON.stringify(answer));
  return answer.value.map(({ name }) => name);
}

test('AZ-39: pages are stitched to their end, with the states of a second list', async () => {
  serve([[['a', 'b'], ['c']]], ['A', 'b', 'c']);
  expect(await listed()).toEqual(['a', 'b', 'c']);
  expect(server.seen).toHaveLength(3);
});

test('AZ-39: a machine on two pages counts once, and the one that fell out between is found by a second reading', async () => {
  serve(
    [
      [
        ['a', 'b'],
        ['b', 'd'],
      ],
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['a', 'b', 'c', 'd'],
  );
  expect((await listed()).toSorted()).toEqual(['a', 'b', 'c', 'd']);
  expect(server.seen).toHaveLength(5);
});

test('AZ-39: a machine that only the list of states has makes the full list be read once more', async () => {
  serve(
    [
      [['a'], ['c']],
      [['a', 'b'], ['c']],
    ],
    ['a', 'b', 'c'],
  );
  expect((await listed()).toSorted()).toEqual(['a', 'b', 'c']);
});

test('AZ-39: lists that never agree are read twice at most', async () => {
  serve([[['a'], ['a']]], ['a', 'b']);
  expect(await listed()).toEqual(['a']);
  expect(server.seen).toHaveLength(9);
});

const VAULT = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-dr/providers/Microsoft.RecoveryServices/vaults/rsv-dr`;
const lists: readonly AzureQuery[] = [
  { kind: 'vm.list', subscription: SUBSCRIPTION },
  { kind: 'runCommand.list', vmId: `/subscriptions/${SUBSCRIPTION}/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/a` },
  { kind: 'sr.jobs', vaultId: VAULT, sinceMs: 0 },
  { kind: 'sr.items', vaultId: VAULT },
  { kind: 'backup.jobs', vaultId: VAULT, sinceMs: 0 },
  { kind: 'auth.locks', scope: VAULT },
];
test.each(lists.map((query) => [query.kind, query] as const))(
  '%s: an answer without a list does not say that there is none',
  async (_kind, query) => {
    const azure = server.connect();
    for (const body of [{}, { value: null }, { value: {} }]) {
      server.answer(() => ({ status: 200, body }));
      expect(await azure.read(query, signal), JSON.stringify(body)).toMatchObject({ kind: 'unanswered' });
    }
  },
);
