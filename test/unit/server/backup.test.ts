import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Azure } from '../../../engine/azure-calls.ts';
import type { ServerWorld } from './server-world.ts';
import { makeServerWorld } from './server-world.ts';

const SUBSCRIPTION = '6f1c1b5e-0000-4000-8000-00000000a001';
const BACKUP = `apiVersion: runward/v1
kind: Runbook
metadata: { name: nightly, title: Backups, owner: team-backup }
purpose: backup
environment: test
timeout: 1h
targets:
  fleet: { azure: { subscriptions: [${SUBSCRIPTION}], type: Microsoft.Compute/virtualMachines, tags: { backup: nightly } }, max: 500, on_empty: skip }
steps:
  - id: nothing
    assert: [{ that: "true", message: never }]
`;
const idOf = (number: number) =>
  `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-${String(number).padStart(3, '0')}`;

let world: ServerWorld;
let asked: string[] = [];

beforeEach(async () => {
  world = await makeServerWorld();
  asked = [];
  const machines = Array.from({ length: 230 }, (_, index) => ({
    id: idOf(229 - index),
    name: idOf(229 - index).slice(-6),
    tags: {},
    location: 'weu',
  }));
  const read = (query: { readonly kind: string; readonly vmId?: string }) => {
    if (query.kind === 'vm.list') return Promise.resolve({ kind: 'found', value: machines });
    asked.push(query.vmId ?? '');
    return Promise.resolve({ kind: 'found', value: { itemId: undefined } });
  };
  Object.assign(world.ports, { azure: { read } as unknown as Azure });
  await world.context.projects.publish([{ path: 'runbooks/nightly.yaml', text: BACKUP }]);
});
afterEach(() => world.close());

it('every machine is looked at, a page at a time, and none twice', async () => {
  const sizes: number[] = [];
  let after: string | undefined = '';
  while (after !== undefined) {
    const { status, body } = await world.call('GET', `/api/v1/backup/coverage?after=${encodeURIComponent(after)}`);
    expect(status).toBe(200);
    expect(body.items.every(({ state }: { state: string }) => state === 'unprotected')).toBe(true);
    sizes.push(body.items.length);
    after = body.next;
  }
  expect(sizes).toEqual([100, 100, 30]);
  expect(asked.toSorted()).toEqual(Array.from({ length: 230 }, (_, index) => idOf(index)));
});
