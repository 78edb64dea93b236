import type { RawAnswer, SdkClients } from './azure-sdk.ts';
import type { RunningSimulator } from './simulator.ts';

const VAULT = 'rsv-dr-weu';
const GROUP = 'rg-dr-weu';
const FABRIC = 'asr-a2a-default-westeurope';
const CONTAINER = `${FABRIC}-container`;

/** The drill of the simulated shop, item by item, with raw requests and the unmodified SDK. */
export interface ShopDrill {
  readonly vaultPath: string;
  readonly itemPath: (name: string) => string;
  readonly network: (group: string, name: string) => string;
  readonly test: (name: string, more?: TestOrder) => Promise<RawAnswer>;
  readonly cleanup: (name: string, more?: TestOrder) => Promise<RawAnswer>;
  readonly allowed: (name: string) => Promise<readonly string[]>;
  /** Fails an item over and waits for its test machine. */
  readonly tested: (name: string, more?: TestOrder) => Promise<void>;
}

export interface TestOrder {
  readonly requestId?: string;
  readonly networkId?: string;
  readonly recoveryPointId?: string;
}

/** Makes the drill of a simulator. */
export function shopDrill(azure: SdkClients, simulator: RunningSimulator): ShopDrill {
  const subscription = `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups`;
  const vaultPath = `${subscription}/${GROUP}/providers/Microsoft.RecoveryServices/vaults/${VAULT}`;
  const itemPath = (name: string): string =>
    `${vaultPath}/replicationFabrics/${FABRIC}/replicationProtectionContainers/${CONTAINER}/replicationProtectedItems/${name}`;
  const network = (group: string, name: string): string => `${subscription}/${group}/providers/Microsoft.Network/virtualNetworks/${name}`;
  const post = (
    name: string,
    verb: string,
    given: { readonly properties: unknown; readonly requestId: string | undefined },
  ): Promise<RawAnswer> =>
    azure.raw('POST', `${itemPath(name)}/${verb}?api-version=2023-06-01`, {
      body: { properties: given.properties },
      headers: given.requestId === undefined ? {} : { 'x-ms-client-request-id': given.requestId },
    });
  const test: ShopDrill['test'] = (name, more = {}) => {
    const point = more.recoveryPointId === undefined ? {} : { recoveryPointId: more.recoveryPointId };
    const properties = {
      failoverDirection: 'PrimaryToRecovery',
      networkType: 'VmNetworkAsInput',
      networkId: more.networkId ?? network('rg-dr-test', 'vnet-drill'),
      providerSpecificDetails: { instanceType: 'A2A', ...point },
    };
    return post(name, 'testFailover', { properties, requestId: more.requestId });
  };
  const allowed: ShopDrill['allowed'] = async (name) =>
    (await azure.siteRecovery.replicationProtectedItems.get(VAULT, GROUP, FABRIC, CONTAINER, name)).properties?.allowedOperations ?? [];
  return {
    vaultPath,
    itemPath,
    network,
    test,
    cleanup: (name, more = {}) => post(name, 'testFailoverCleanup', { properties: { comments: 'over' }, requestId: more.requestId }),
    allowed,
    tested: async (name, more) => {
      const answer = await test(name, more);
      if (answer.status !== 202) throw new Error(`${name}: ${answer.status} ${answer.text}`);
      await simulator.until(async () => (await allowed(name)).includes('TestFailoverCleanup'));
    },
  };
}
