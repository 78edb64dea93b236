import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import { armIdUpTo } from '../ids.ts';
import { VM_POLL_MS } from '../limits.ts';
import type { JsonObject } from '../json.ts';
import { storedText, timeValue } from '../values.ts';
import type { ActionContext, ActionPorts } from './action.ts';
import { effectAction } from './action.ts';
import { failed, failedRead, unansweredRead } from './azure-answer.ts';
import { durationInput } from './duration-input.ts';
import { type Part, type PartState, partedQuestions } from './parts.ts';
import { expiredPoints, type KeptPoint, recordsPoint, tagsAfter, tagsTooMany } from './restore-point-expiry.ts';

const HOUR_MS = 3_600_000;
const KEPT_MAX_MS = 5 * 365 * 24 * HOUR_MS;

const inputSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,78}$/, 'must be a name of letters, digits, dots and dashes')
    .describe('Name of the restore point; it must not exist yet'),
  consistency: z.enum(['ApplicationConsistent', 'FileSystemConsistent', 'CrashConsistent']).default('ApplicationConsistent'),
  expire_after: durationInput
    .refine((ms) => ms >= HOUR_MS && ms <= KEPT_MAX_MS, 'must be between 1h and 1825d')
    .optional()
    .describe(
      'Record when it is over, and delete the restore points of the machine whose own recorded time is over; without it nothing is',
    ),
});

type Input = z.infer<typeof inputSchema>;

/**
 * Keeps the disks of a machine as they are now, under a name. The collection of the machine's restore points is made when it has none. Azure
 * knows no expiry of restore points: the collection records it in a tag for each point, and a later use with `expire_after` deletes what is
 * over. Points without a record, and those of other collections, are never touched.
 */
export const azureRestorePointCreate = effectAction({
  name: 'azure.restore-point.create@1',
  summary: 'Create a restore point of a virtual machine',
  effect: 'named',
  severity: 'moderate',
  target: 'vm',
  input: inputSchema,
  result: { id: 'string', time: 'timestamp', changed: 'bool', adopted: 'bool', job: 'string' },
  timeoutMs: 3_600_000,
  permissions: rightsOf(
    'vm.get',
    'restorePoints.get',
    'restorePoints.create',
    'restorePoint.get',
    'restorePoint.create',
    'restorePoint.delete',
  ),
  noteWith: { argument: 'expire_after', note: 'deletes restore points of the machine whose recorded time is over' },
  ...partedQuestions<Input>({
    verb: 'restore point',
    pollMs: VM_POLL_MS,
    prepare,
    parts: (_context, known) => {
      const kept = keptOf(known);
      const expiry = kept === undefined ? [] : [...expiredOf(known).map((name) => removal(name, known)), expiryRecord(kept)];
      return [collection, ...expiry, ...(typeof known['point'] === 'string' ? [point(known['point'])] : [])];
    },
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
  const found = { vm: vm.value.id, location: vm.value.location, collection: collectionId, point: pointId };
  if (input.expire_after === undefined) return { kind: 'prepared', known: found } as const;
  const read = await ports.azure.read({ kind: 'restorePoints.get', collectionId }, signal);
  if (read.kind !== 'found' && read.kind !== 'missing') return failedRead('the collection of restore points', read);
  const tags = read.kind === 'found' ? read.value.tags : {};
  const nowMs = ports.clock.nowMs();
  const kept: KeptPoint = { name: input.name, untilMs: Math.ceil((nowMs + input.expire_after) / 1000) * 1000 };
  const expired = expiredPoints(tags, nowMs).filter((name) => name.toLowerCase() !== input.name.toLowerCase());
  const after = tagsAfter(tags, kept, expired);
  const tooMany = tagsTooMany(after);
  if (tooMany > 0)
    return failed(
      'target',
      `the collection of restore points of ${target.name} has no room for a further tag: remove ${tooMany} of its tags`,
    );
  return { kind: 'prepared', known: { ...found, kept: { ...kept }, expired, tags: after } } as const;
}

const collection: Part<Input> = {
  name: 'collection of restore points',
  operation: (_context, known) => ({
    kind: 'restorePoints.create',
    collectionId: storedText(known['collection']),
    vmId: storedText(known['vm']),
    location: storedText(known['location']),
    ...(keptOf(known) === undefined ? {} : { tags: tagsOf(known) }),
  }),
  look: async (ports, { signal }, known) => {
    const read = await ports.azure.read({ kind: 'restorePoints.get', collectionId: storedText(known['collection']) }, signal);
    if (read.kind === 'missing') return { kind: 'todo' };
    return read.kind === 'found' ? { kind: 'done' } : unansweredRead('the collection of restore points', read);
  },
};

function removal(name: string, known: JsonObject): Part<Input> {
  const pointId = `${storedText(known['collection'])}/restorePoints/${name}`;
  return {
    name: `expired restore point ${name}`,
    operation: () => ({ kind: 'restorePoint.delete', pointId }),
    look: async (ports, { signal }): Promise<PartState> => {
      const read = await ports.azure.read({ kind: 'restorePoint.get', pointId }, signal);
      if (read.kind === 'missing')
        return { kind: 'done', observations: [{ at: ports.clock.nowMs(), what: 'Expired restore point is gone', data: { id: pointId } }] };
      if (read.kind !== 'found') return unansweredRead(`the restore point ${name}`, read);
      if (read.value.provisioningState?.toLowerCase() !== 'deleting') return { kind: 'todo' };
      return { kind: 'running', ours: true, handle: { name: pointId }, message: `the expired restore point ${name} is being deleted` };
    },
  };
}

/** Written before the point is made: a record without a point does no harm, a point without a record would stay for ever. */
function expiryRecord(kept: KeptPoint): Part<Input> {
  return {
    name: 'record of the expiry',
    operation: collection.operation,
    look: async (ports, { signal }, known): Promise<PartState> => {
      const read = await ports.azure.read({ kind: 'restorePoints.get', collectionId: storedText(known['collection']) }, signal);
      if (read.kind === 'missing') return { kind: 'todo' };
      if (read.kind !== 'found') return unansweredRead('the collection of restore points', read);
      const expired = expiredOf(known);
      if (recordsPoint(read.value.tags, kept, expired)) return { kind: 'done' };
      return { kind: 'todo', known: { tags: { ...tagsAfter(read.value.tags, kept, expired) } } };
    },
  };
}

function keptOf({ kept }: JsonObject): KeptPoint | undefined {
  return kept === undefined || kept === null ? undefined : (kept as unknown as KeptPoint);
}

function expiredOf({ expired }: JsonObject): readonly string[] {
  return Array.isArray(expired) ? expired.filter((name) => typeof name === 'string') : [];
}

function tagsOf({ tags }: JsonObject): Readonly<Record<string, string>> {
  return (tags ?? {}) as Readonly<Record<string, string>>;
}

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
