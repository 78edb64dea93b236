import { describe, expect, test } from 'vitest';
import type { PlannedSet } from '../../../engine/plan/plan-record.ts';
import type { Azure } from '../../../engine/azure-calls.ts';
import { step } from '../../support/plan.ts';
import { leaf, makeRunWorld } from '../../support/run-world.ts';
import { testTarget } from '../../support/targets.ts';

const inOrder = (orderBy: string) => ({ waves: [], maxFailures: { count: 0 }, maxParallel: 1, orderBy });

describe('the order of items', () => {
  const order = async (list: string, orderBy: string) => {
    const world = await makeRunWorld({ steps: [leaf('each', 'named', { forEach: `\${{ ${list} }}`, rollout: inOrder(orderBy) })] });
    const run = await world.go();
    const keys = (await world.step('each').catch(() => undefined))?.items?.map(({ key }) => key);
    return { run, keys, error: (await world.step('each')).error?.message };
  };

  test('is that of order_by: durations by their length, ties by key', async () => {
    const list = '[{"name": "c", "age": duration("100s")}, {"name": "b", "age": duration("9s")}, {"name": "a", "age": duration("100s")}]';
    expect((await order(list, 'item.age')).keys).toEqual(['b', 'a', 'c']);
    expect((await order('[{"name": "x10", "n": 10}, {"name": "x9", "n": 9}]', 'item.n')).keys).toEqual(['x9', 'x10']);
  });

  test('fails before the first item when an item has no order, or the values have none in common', async () => {
    const none = await order('[{"name": "a", "n": 1}, {"name": "b", "n": null}]', 'item.n');
    expect(none.error).toBe('order_by: null of b has no order');
    expect(none.run.state).toBe('failed');
    expect((await order('[{"name": "a", "n": 1}, {"name": "b", "n": "x"}]', 'item.n')).error).toContain('have no common order');
  });
});

describe('the keys of for_each', () => {
  const each = async (list: string) => {
    const world = await makeRunWorld({ steps: [leaf('each', 'read', { forEach: `\${{ ${list} }}` })] });
    await world.go();
    return world.step('each');
  };

  test('are the text itself, its name, or the index', async () => {
    expect((await each('["a", "b"]')).items?.map(({ key }) => key)).toEqual(['a', 'b']);
    expect((await each('[{"name": "n", "x": 1}, {"x": 2}]')).items?.map(({ key }) => key)).toEqual(['n', '1']);
  });

  test('must be unique, and there are at most a thousand', async () => {
    expect((await each('["a", "b", "a"]')).error?.message).toContain('two items have the key "a"');
    const many = '["a","b","c","d","e","f","g","h","i","j","k"].map(x, ["0","1","2","3","4","5","6","7","8","9"].map(y, x + y))';
    expect((await each(many)).state).toBe('succeeded');
    const world = await makeRunWorld(
      { steps: [leaf('each', 'read', { forEach: '${{ inputs.list }}' })] },
      {},
      { inputs: { list: Array.from({ length: 1_001 }, (_, index) => `item-${index}`) } },
    );
    expect((await world.go()).state).toBe('failed');
    expect((await world.step('each')).error?.message).toBe('for_each: 1001 items, at most 1000 are allowed');
  });
});

describe('machines that a run makes', () => {
  test('are targets of later steps, also when their step failed, and keep unique keys', async () => {
    const copy = (group: string) =>
      testTarget('db-01-copy', { id: `/subscriptions/s/resourceGroups/${group}/vm/db-01-copy`, resourceGroup: group });
    const world = await makeRunWorld(
      {
        steps: [
          leaf('restore', 'guarded', {
            forEach: '${{ ["a", "b"] }}',
            rollout: { waves: [], maxFailures: { percent: 100 } },
            onFailure: 'continue',
          }),
        ],
        finally: [leaf('remove', 'named', { target: { kind: 'produced', expression: 'steps.restore.produced' } })],
      },
      {
        verify: async (_, { stepPath }) =>
          stepPath === 'restore[a]'
            ? { kind: 'succeeded', result: { ok: true }, produced: [copy('rg-a')] }
            : { kind: 'succeeded', result: { ok: true } },
        poll: async (_, { stepPath }) =>
          stepPath === 'restore[b]'
            ? { kind: 'failed', failure: { kind: 'target', message: 'no agent' }, produced: [copy('rg-b')] }
            : { kind: 'ended_well' },
      },
    );
    expect((await world.go()).state).toBe('partially_failed');
    expect((await world.step('restore')).produced?.map(({ id }) => id)).toEqual([copy('rg-a').id, copy('rg-b').id]);
    expect(Object.keys(await world.steps()).filter((path) => path.startsWith('finally/remove['))).toEqual([
      'finally/remove[db-01-copy.rg-a]',
      'finally/remove[db-01-copy.rg-b]',
    ]);
  });

  test('are none when their step was never reached: what is to be removed is skipped', async () => {
    const world = await makeRunWorld(
      {
        steps: [step('stop', { kind: 'assert', checks: [{ that: 'false', message: 'no' }] }), leaf('restore', 'guarded')],
        finally: [leaf('remove', 'named', { target: { kind: 'produced', expression: 'steps.restore.produced' } })],
      },
      {},
    );
    expect((await world.go()).state).toBe('failed');
    expect((await world.steps())['finally/remove']).toBe('skipped');
  });

  test('a machine that this run has not made is no target', async () => {
    const world = await makeRunWorld({
      steps: [
        leaf('look', 'read', { outputs: { made: '[{"id": "ssh://stranger"}]' } }),
        leaf('touch', 'named', { target: { kind: 'produced', expression: 'steps.look.outputs.made' } }),
      ],
    });
    expect((await world.go()).state).toBe('failed');
    expect((await world.step('touch')).error).toMatchObject({ kind: 'target_missing', code: 'RW510' });
    expect(world.calls).toEqual(['look:read']);
  });
});

describe('machines of the plan', () => {
  const sets = (...targets: PlannedSet['targets']): { readonly sets: Readonly<Record<string, PlannedSet>> } => ({
    sets: { web: { onEmpty: 'fail', onUnreachable: 'record', targets } },
  });
  const steps = [leaf('change', 'guarded', { target: { kind: 'set', set: 'web' }, rollout: { waves: [], maxFailures: { count: 1 } } })];

  test('that could not be reached when it was made fail at their turn and are never a success', async () => {
    const plan = sets(testTarget('web-01'), testTarget('web-02', { unreachable: 'no answer' }));
    const world = await makeRunWorld({ steps }, {}, plan);
    expect((await world.go()).state).toBe('partially_failed');
    expect((await world.step('change[web-02]')).error).toEqual({
      kind: 'unreachable',
      message: 'it could not be reached when the plan was made: no answer',
    });
    expect(world.calls.some((call) => call.startsWith('change[web-02]'))).toBe(false);
  });

  const vm = testTarget('web-01', { kind: 'azure_vm', id: '/subscriptions/s/vm/web-01', uniqueId: 'u-1' });
  const withAzure = async (read: Azure['read']) => {
    const world = await makeRunWorld({ steps }, {}, sets(vm));
    Object.assign(world.ports, { azure: { read } });
    return world;
  };
  const seen = (vmId: string) => (async () => ({ kind: 'found', value: { vmId } })) as unknown as Azure['read'];

  test('are changed while they are the same', async () => {
    expect((await (await withAzure(seen('u-1'))).go()).state).toBe('succeeded');
  });

  test('that are gone fail their item', async () => {
    const world = await withAzure((async () => ({ kind: 'missing', message: 'ResourceNotFound' })) as Azure['read']);
    expect((await world.go()).state).toBe('partially_failed');
    expect((await world.step('change[web-01]')).error?.kind).toBe('target_missing');
    expect(world.calls).toEqual([]);
  });

  test('that are others under the same name stop the run, and nothing is sent', async () => {
    const world = await withAzure(seen('u-2'));
    expect(await world.go()).toMatchObject({
      state: 'paused',
      reason: expect.stringContaining('web-01 is another machine than the one of the plan (u-2, planned u-1): nothing was sent to it'),
    });
    expect(world.calls.filter((call) => call.endsWith(':submit'))).toEqual([]);
  });
});

test('an output of a block that cannot be computed fails the block, it is never null', async () => {
  const block = step(
    'block',
    { kind: 'steps', steps: [leaf('look', 'read')], finally: [] },
    { outputs: { gone: 'steps.look.outputs.nothing' } },
  );
  const world = await makeRunWorld({ steps: [block, leaf('after', 'guarded')] });
  expect((await world.go()).state).toBe('failed');
  expect((await world.step('block')).error).toMatchObject({ kind: 'expression', message: expect.stringContaining('output "gone"') });
  expect(world.calls).toEqual(['block/look:read']);
});
