import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import { armIdUpTo } from '../ids.ts';
import { VM_POLL_MS } from '../limits.ts';
import { storedText, timeValue } from '../values.ts';
import type { ActionContext, ActionPorts } from './action.ts';
import { effectAction } from './action.ts';
import { failed, failedRead, unansweredRead } from './azure-answer.ts';
import { type Part, type PartState, partedQuestions } from './parts.ts';

const inputSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,78}$/, 'must be a name of letters, digits, dots and dashes')
    .describe('Name of the restore point; it must not exist yet'),
  consistency: z.enum(['ApplicationConsistent', 'FileSystemConsistent', 'CrashConsistent']).default('ApplicationConsistent'),
});

type Input = z.infer<typeof inputSchema>;

/** Keeps the disks of a machine as they are now, under a name. The collection of the machine's restore points is made when it has none. */
export const azureRestorePointCreate = effectAction({
  name: 'azure.restore-point.create@1',
  summary: 'Create a restore point of a virtual machine',
  effect: 'named',
  severity: 'moderate',
  target: 'vm',
  input: inputSchema,
  result: { id: 'string', time: 'timestamp', changed: 'bool', adopted: 'bool', job: 'string' },
  timeoutMs: 3_600_000,
  permissions: rightsOf('vm.get', 'restorePoints.get', 'restorePoints.create', 'restorePoint.get', 'restorePoint.create'),
  ...partedQuestions<Input>({
    verb: 'restore point',
    pollMs: VM_POLL_MS,
    prepare,
    parts: (_context, known) => [collection, ...(typeof known['point'] === 'string' ? [point(known['point'])] : [])],
    finish: async (ports, { signal }, known) => {
      const pointId = storedText(known['point']);
      const read = await ports.azure.read({ kind: 'restorePoint.get', pointId }, signal);
      if (read.kind !== 'found') return unansweredRead('the restore point', read);
      const { id, createdAtMs, consistency } = read.value;
      const time = createdAtMs === undefined ? null : timeValue(createdAtMs);
      return {
        kind: 'succeeded',
        result: { id, time, job: '' },
        observations: [{ at: ports.clock.nowMs(), what: 'Restore point exists', data: { id, time, consistency } }],
      };
    },
  }),
});

async function prepare(ports: ActionPorts, { target, input, signal }: ActionContext<Input>) {
  if (!target) return failed('target_missing', 'this action needs a virtual machine as its target');
  const vm = await ports.azure.read({ kind: 'vm.get', vmId: target.id }, signal);
  if (vm.kind !== 'found') return failedRead(`virtual machine ${target.name}`, vm);
  const groupId = armIdUpTo(vm.value.id, 'resourceGroups') ?? '';
  const collectionId = `${groupId}/providers/Microsoft.Compute/restorePointCollections/runward-${vm.value.name}`;
  const pointId = `${collectionId}/restorePoints/${input.name}`;
  const known = await ports.azure.read({ kind: 'restorePoint.get', pointId }, signal);
  if (known.kind === 'found') return failed('target', `a restore point ${input.name} of ${target.name} exists already`);
  if (known.kind !== 'missing') return failedRead('the restore point', known);
  return { kind: 'prepared', known: { vm: vm.value.id, location: vm.value.location, collection: collectionId, point: pointId } } as const;
}

const collection: Part<Input> = {
  name: 'collection of restore points',
  operation: (_context, known) => ({
    kind: 'restorePoints.create',
    collectionId: storedText(known['collection']),
    vmId: storedText(known['vm']),
    location: storedText(known['location']),
  }),
  look: async (ports, { signal }, known) => {
    const read = await ports.azure.read({ kind: 'restorePoints.get', collectionId: storedText(known['collection']) }, signal);
    if (read.kind === 'missing') return { kind: 'todo' };
    return read.kind === 'found' ? { kind: 'done' } : unansweredRead('the collection of restore points', read);
  },
};

function point(pointId: string): Part<Input> {
  return {
    name: 'restore point',
    operation: ({ input }) => ({ kind: 'restorePoint.create', pointId, consistency: input.consistency }),
    look: async (ports, { signal }): Promise<PartState> => {
      const read = await ports.azure.read({ kind: 'restorePoint.get', pointId }, signal);
      if (read.kind === 'missing') return { kind: 'todo' };
      if (read.kind !== 'found') return unansweredRead('the restore point', read);
      const state = read.value.provisioningState?.toLowerCase();
      if (state === 'succeeded') return { kind: 'done' };
      if (state === 'failed' || state === 'canceled') return failed('target', `the restore point ended ${state}`);
      return { kind: 'running', ours: true, handle: { name: pointId }, message: 'the restore point is being made' };
    },
  };
}
