import { armError } from './arm-errors.ts';
import type { Answer, Call, Route } from './route.ts';
import type { World } from './world.ts';

/** A bucket of tokens, as it was at an instant; it fills up again with time. */
export interface Bucket {
  tokens: number;
  atMs: number;
}

/** How many tokens a bucket holds, how many come back a minute, how Azure names it. Sources: Azure's pages on throttling of Resource Manager and of compute; those of Backup are seen, not published. */
interface Limit {
  readonly name: string;
  readonly most: number;
  readonly perMinute: number;
}

const READS: Limit = { name: 'x-ms-ratelimit-remaining-subscription-reads', most: 250, perMinute: 1500 };
const WRITES: Limit = { name: 'x-ms-ratelimit-remaining-subscription-writes', most: 200, perMinute: 600 };
const DELETES: Limit = { name: 'x-ms-ratelimit-remaining-subscription-deletes', most: 200, perMinute: 600 };
const BACKUP: Limit = { name: 'x-ms-ratelimit-remaining-subscription-resource-requests', most: 300, perMinute: 300 };
const GET_VM: Limit = { name: 'LowCostGetResource', most: 36, perMinute: 12 };
const UPDATE_VM: Limit = { name: 'UpdateVMResource', most: 12, perMinute: 4 };
const DELETE_VM: Limit = { name: 'DeleteVMResource', most: 12, perMinute: 4 };
const GET_OPERATION: Limit = { name: 'GetOperationResource', most: 45, perMinute: 15 };
const LIST_VMS: Limit = { name: 'HighCostGetSubscriptionMaximum', most: 900, perMinute: 300 };

/** The buckets of the compute provider; each machine has its own, lists share one. */
const COMPUTE: Readonly<Record<string, Limit>> = {
  VirtualMachines_Get: GET_VM,
  VirtualMachines_InstanceView: GET_VM,
  VirtualMachineRunCommands_GetByVirtualMachine: GET_VM,
  VirtualMachineRunCommands_ListByVirtualMachine: GET_VM,
  VirtualMachines_Start: UPDATE_VM,
  VirtualMachines_PowerOff: UPDATE_VM,
  VirtualMachines_Restart: UPDATE_VM,
  VirtualMachines_Redeploy: UPDATE_VM,
  VirtualMachines_Reimage: UPDATE_VM,
  VirtualMachines_RunCommand: UPDATE_VM,
  VirtualMachines_CreateOrUpdate: UPDATE_VM,
  VirtualMachines_Update: UPDATE_VM,
  VirtualMachines_InstallPatches: UPDATE_VM,
  VirtualMachineRunCommands_CreateOrUpdate: UPDATE_VM,
  VirtualMachineRunCommands_Delete: UPDATE_VM,
  VirtualMachines_Deallocate: DELETE_VM,
  VirtualMachines_Delete: DELETE_VM,
  ComputeOperations_Get: GET_OPERATION,
  VirtualMachines_List: LIST_VMS,
  VirtualMachines_ListAll: LIST_VMS,
};

/** A pace without a scale fills buckets as fast as it makes periods pass. */
const FIXED_PACE_SCALE = 600;

/** What a request costs: headers that tell what is left, or the refusal when nothing is. */
export type Toll = { readonly headers: Readonly<Record<string, string>> } | { readonly refused: Answer };

/** Takes one token from every bucket that a request draws on. Nothing is taken from the others when one of them is empty. */
export function takeTokens(world: World, route: Route, call: Omit<Call, 'body'>): Toll {
  const drawn = bucketsOf(world, route, call).map((each) => ({ ...each, bucket: filled(world, each.key, each.limit) }));
  const empty = drawn.find(({ bucket }) => bucket.tokens < 1);
  if (empty !== undefined) return { refused: tooMany(world, call, empty) };
  for (const { bucket } of drawn) bucket.tokens -= 1;
  const left = drawn.map(({ family, limit, bucket }) => ({ family, limit, left: Math.floor(bucket.tokens) }));
  const compute = left.filter(({ family }) => family === 'compute').map((each) => `Microsoft.Compute/${each.limit.name};${each.left}`);
  return {
    headers: {
      ...Object.fromEntries(left.filter(({ family }) => family !== 'compute').map((each) => [each.limit.name, String(each.left)])),
      ...(compute.length === 0 ? {} : { 'x-ms-ratelimit-remaining-resource': compute.join(',') }),
    },
  };
}

type Family = 'arm' | 'compute' | 'backup';

interface Drawn {
  readonly family: Family;
  readonly key: string;
  readonly limit: Limit;
}

/** Resource Manager counts for each caller, a provider for each machine or subscription, whoever asks. */
function bucketsOf(world: World, route: Route, call: Omit<Call, 'body'>): readonly Drawn[] {
  const arm = call.method === 'GET' ? READS : call.method === 'DELETE' ? DELETES : WRITES;
  const drawn: Drawn[] = [{ family: 'arm', key: `${arm.name} ${call.caller.name}`, limit: arm }];
  const compute = COMPUTE[route.operation];
  if (compute !== undefined) drawn.push({ family: 'compute', key: `${compute.name} ${machineOf(world, call)}`, limit: compute });
  if (/\/vaults\/.*\/backup\w|\/backupStatus$/.test(route.path)) drawn.push({ family: 'backup', key: BACKUP.name, limit: BACKUP });
  return drawn;
}

function machineOf(world: World, call: Omit<Call, 'body'>): string {
  const { resourceGroupName = '', vmName, operationId } = call.params;
  if (vmName !== undefined) return `${resourceGroupName}/${vmName}`.toLowerCase();
  if (operationId === undefined) return '';
  const started = world.operations.get(operationId.toLowerCase())?.startedBy?.resource;
  return (
    /\/resourceGroups\/([^/]+\/).*\/virtualMachines\/([^/]+)/i
      .exec(started ?? '')
      ?.slice(1)
      .join('')
      .toLowerCase() ?? operationId
  );
}

/** A bucket as it is now. */
function filled(world: World, key: string, { most, perMinute }: Limit): Bucket {
  const nowMs = world.clock.nowMs();
  const known = world.buckets.get(key) ?? { tokens: most, atMs: nowMs };
  // A fault may set the clock back: that takes nothing away.
  const passedMs = Math.max(0, nowMs - known.atMs);
  known.tokens = Math.min(most, known.tokens + passedMs * perMs(world, perMinute));
  known.atMs = nowMs;
  world.buckets.set(key, known);
  return known;
}

function perMs(world: World, perMinute: number): number {
  const { pace } = world.options;
  return (perMinute / 60_000) * (pace.kind === 'scaled' ? pace.scale : FIXED_PACE_SCALE);
}

/** 429 in the words of the one whose bucket is empty. */
function tooMany(world: World, call: Omit<Call, 'body'>, empty: Drawn & { readonly bucket: Bucket }): Answer {
  const { family, limit, bucket } = empty;
  const waitMs = (1 - bucket.tokens) / perMs(world, limit.perMinute);
  const seconds = world.options.retryAfterZero ? 0 : Math.max(1, Math.ceil(waitMs / 1000));
  return { ...BODIES[family](world, { call, limit, seconds }), headers: { 'Retry-After': String(seconds) } };
}

interface Wait {
  readonly call: Omit<Call, 'body'>;
  readonly limit: Limit;
  readonly seconds: number;
}

const BODIES: Readonly<Record<Family, (world: World, wait: Wait) => Answer>> = {
  arm: (world, { call, limit, seconds }) =>
    armError(
      429,
      'SubscriptionRequestsThrottled',
      `Number of ${call.method === 'GET' ? 'read' : call.method === 'DELETE' ? 'delete' : 'write'} requests for subscription ` +
        `'${world.subscriptionId}' actor '${call.caller.objectId}' exceeded the limit of '${limit.most}'. Please try again after '${seconds}' seconds.`,
    ),
  // Without `error` around it, and with the reason as JSON inside a text.
  compute: (world, { limit }) => {
    const nowMs = world.clock.nowMs();
    const reason = {
      operationGroup: limit.name,
      startTime: new Date(nowMs - 60_000).toISOString(),
      endTime: new Date(nowMs).toISOString(),
      allowedRequestCount: limit.most,
      measuredRequestCount: limit.most + 1,
    };
    return {
      status: 429,
      body: {
        code: 'OperationNotAllowed',
        message: 'The server rejected the request because too many requests have been received for this subscription.',
        details: [{ code: 'TooManyRequests', target: limit.name, message: JSON.stringify(reason) }],
      },
    };
  },
  backup: () =>
    armError(
      429,
      'TooManyRequests',
      'The request is being throttled as the limit has been reached for operation type. Please try again later.',
    ),
};
