import type { Action, ActionContext, ActionPorts, EffectAction, ReadAction } from '../../../engine/actions/action.ts';
import type {
  Azure,
  AzureJob,
  AzurePollAnswer,
  AzureQuery,
  AzureReadAnswer,
  AzureReadKind,
  AzureReads,
  AzureRecoveryPlan,
  AzureReplicationItem,
  AzureSubmitAnswer,
  AzureVm,
} from '../../../engine/azure-calls.ts';
import type { AzureOperation } from '../../../engine/azure-operations.ts';
import type { RunId, StepKey } from '../../../engine/ids.ts';
import type { Target } from '../../../engine/target.ts';

const SUBSCRIPTION = '/subscriptions/6f1c1b5e-0000-4000-8000-00000000a001';
export const VAULT = `${SUBSCRIPTION}/resourceGroups/rg-dr-weu/providers/Microsoft.RecoveryServices/vaults/rsv-dr-weu`;
export const ITEM = `${VAULT}/replicationFabrics/fabric-a/replicationProtectionContainers/container-a/replicationProtectedItems/item1`;
export const PLAN = `${VAULT}/replicationRecoveryPlans/rp-shop`;
export const NETWORK = `${SUBSCRIPTION}/resourceGroups/rg-dr-test/providers/Microsoft.Network/virtualNetworks/vnet-drill`;
const RECOVERY_GROUP = `${SUBSCRIPTION}/resourceGroups/rg-shop-neu`;
export const VM = `${SUBSCRIPTION}/resourceGroups/rg-shop-weu/providers/Microsoft.Compute/virtualMachines/web-01`;
export const TEST_VM = `${RECOVERY_GROUP}/providers/Microsoft.Compute/virtualMachines/web-01-test`;
export const RECOVERED_VM = `${RECOVERY_GROUP}/providers/Microsoft.Compute/virtualMachines/web-01`;
export const TEST_NIC = `${RECOVERY_GROUP}/providers/Microsoft.Network/networkInterfaces/web-01-test-nic`;
export const NOW_MS = Date.UTC(2026, 0, 5, 9);
export const REQUEST_ID = '11111111-2222-5333-8444-555555555555';
export const EARLIER_REQUEST_ID = '11111111-2222-5333-8444-444444444444';

/** Azure as a test writes it down: answers by question, everything else is missing. */
export interface WrittenAzure extends Azure {
  /** Answers by kind and id of the question, for example `vm.get <id>`; ids are compared without case. */
  readonly facts: Map<string, AzureReadAnswer<unknown>>;
  readonly submits: { readonly operation: AzureOperation; readonly requestId: string }[];
  readonly asked: string[];
  submitAnswer: AzureSubmitAnswer;
  pollAnswer: AzurePollAnswer;
  readonly put: <Kind extends AzureReadKind>(kind: Kind, id: string, value: AzureReads[Kind]['value'], dateMs?: number) => void;
  readonly refuse: (kind: AzureReadKind, id: string, answer: Exclude<AzureReadAnswer<never>, { kind: 'found' }>) => void;
}

export function writtenAzure(): WrittenAzure {
  const azure: WrittenAzure = {
    facts: new Map(),
    submits: [],
    asked: [],
    submitAnswer: { kind: 'accepted', handle: {}, retryAfterMs: 30_000, receipt: { status: 202 } },
    pollAnswer: { kind: 'gone' },
    put: (kind, id, value, dateMs) => {
      azure.facts.set(key(kind, id), { kind: 'found', value, ...(dateMs === undefined ? {} : { dateMs }) });
    },
    refuse: (kind, id, answer) => {
      azure.facts.set(key(kind, id), answer);
    },
    submit: (operation, requestId) => {
      azure.submits.push({ operation, requestId });
      return Promise.resolve(azure.submitAnswer);
    },
    poll: () => Promise.resolve(azure.pollAnswer),
    read: ((query: AzureQuery) => {
      const asked = key(query.kind, idOf(query));
      azure.asked.push(asked);
      return Promise.resolve(azure.facts.get(asked) ?? { kind: 'missing', message: 'not written down' });
    }) as Azure['read'],
  };
  return azure;
}

/** Ports of which an action of Azure uses only two. */
export function portsWith(azure: Azure): ActionPorts {
  const clock = { nowMs: () => NOW_MS, monotonicMs: () => 0, sleep: () => Promise.resolve() };
  return { azure, clock } as unknown as ActionPorts;
}

export function item(changes: Partial<AzureReplicationItem> = {}): AzureReplicationItem {
  return {
    id: ITEM,
    name: 'item1',
    friendlyName: 'web-01',
    activeLocation: 'Primary',
    protectionState: 'Protected',
    replicationHealth: 'Normal',
    failoverHealth: 'Normal',
    testFailoverState: undefined,
    allowedOperations: ['UnplannedFailover', 'DisableProtection', 'TestFailover'],
    runningScenario: undefined,
    rpoMs: 95_000,
    rpoCalculatedAtMs: NOW_MS - 30_000,
    sourceVmId: VM,
    testVmId: undefined,
    testVmName: 'web-01-test',
    recoveryVmId: undefined,
    recoveryContainerId: `${VAULT}/replicationFabrics/fabric-b/replicationProtectionContainers/container-b`,
    recoveryResourceGroupId: RECOVERY_GROUP,
    primaryRegion: 'westeurope',
    recoveryRegion: 'northeurope',
    os: 'linux',
    multiVmGroupName: undefined,
    lifecycleId: 'life-1',
    plannedRecoveryVmId: RECOVERED_VM,
    failoverPointId: undefined,
    healthErrors: [],
    lastTestFailoverAtMs: NOW_MS - 86_400_000,
    agentUpdateRequired: false,
    agentExpiresAtMs: undefined,
    unprotectedDisks: [],
    resyncDisks: [],
    ...changes,
  };
}

/** A recovery plan of one boot group, as it stands before anything was done with it. */
export function plan(changes: Partial<AzureRecoveryPlan> = {}): AzureRecoveryPlan {
  return {
    id: PLAN,
    name: 'rp-shop',
    allowedOperations: ['UnplannedFailover', 'TestFailover'],
    runningScenario: undefined,
    lastTestFailoverAtMs: undefined,
    lastFailoverAtMs: undefined,
    primaryFabricId: `${VAULT}/replicationFabrics/fabric-a`,
    groups: [
      { type: 'Shutdown', itemIds: [] },
      { type: 'Boot', itemIds: [ITEM] },
    ],
    ...changes,
  };
}

export const TESTED = {
  allowedOperations: ['TestFailoverCleanup'],
  testFailoverState: 'WaitingForCompletion',
  testVmId: TEST_VM,
} as const satisfies Partial<AzureReplicationItem>;

export function job(name: string, changes: Partial<AzureJob> = {}): AzureJob {
  return {
    id: `${VAULT}/replicationJobs/${name}`,
    clientRequestId: undefined,
    scenario: 'TestFailover',
    state: 'InProgress',
    targetName: 'web-01',
    startedAtMs: NOW_MS,
    endedAtMs: undefined,
    recoveryPoints: [],
    errors: [],
    ...changes,
  };
}

/** Writes jobs down as a vault shows them: the list without request ids, each job with. */
export function putJobs(azure: WrittenAzure, ...jobs: readonly AzureJob[]): void {
  azure.put(
    'sr.jobs',
    VAULT,
    jobs.map((entry) => ({ ...entry, clientRequestId: undefined })),
  );
  for (const entry of jobs) azure.put('sr.job', entry.id, entry);
}

export function vm(changes: Partial<AzureVm> = {}): AzureVm {
  return {
    id: VM,
    vmId: 'd0d0d0d0-0000-4000-8000-000000000001',
    name: 'web-01',
    location: 'westeurope',
    os: 'linux',
    powerState: 'running',
    provisioningState: 'Succeeded',
    agentStatus: 'Ready',
    size: 'Standard_D2s_v5',
    zone: undefined,
    tags: {},
    nicIds: [],
    disks: [],
    patches: undefined,
    ...changes,
  };
}

export function target(changes: Partial<Target> = {}): Target {
  return {
    key: 'web-01',
    name: 'web-01',
    kind: 'replication_item',
    id: ITEM,
    lockId: `${VAULT}/replicationprotecteditems/item1`.toLowerCase(),
    os: 'linux',
    address: null,
    via: null,
    port: null,
    user: null,
    credential: null,
    tags: {},
    location: 'westeurope',
    resourceGroup: 'rg-shop-weu',
    subscription: '6f1c1b5e-0000-4000-8000-00000000a001',
    recoveryGroup: 3,
    powerState: null,
    environment: 'production',
    ...changes,
  };
}

export function context(action: Action, input: Record<string, unknown>, changes: Partial<ActionContext<never>> = {}): ActionContext<never> {
  return {
    runId: '018f0000-0000-4000-8000-000000000001' as RunId,
    stepKey: '018f0000-0000-5000-8000-000000000002' as StepKey,
    stepPath: 'failover[web-01]',
    attempt: 1,
    send: 2,
    requestId: REQUEST_ID,
    requestIds: [EARLIER_REQUEST_ID, REQUEST_ID],
    target: target(),
    input: (action.input as { parse: (value: unknown) => never }).parse(input),
    createdAtMs: NOW_MS - 60_000,
    before: undefined,
    signal: new AbortController().signal,
    ...changes,
  };
}

export function effect(action: Action): EffectAction {
  if (action.effect === 'read') throw new Error(`${action.name} has no effect`);
  return action;
}

export function reader(action: Action): ReadAction {
  if (action.effect !== 'read') throw new Error(`${action.name} has effects`);
  return action;
}

function key(kind: AzureReadKind, id: string): string {
  return `${kind} ${id}`.toLowerCase();
}

function idOf(query: AzureQuery): string {
  const { kind: _kind, ...asks } = query;
  return String(Object.values(asks)[0]);
}
