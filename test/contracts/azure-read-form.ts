import type { AzureQuery } from '../../engine/azure-calls.ts';

export const SUBSCRIPTION_ID = '6f1c1b5e-0000-4000-8000-00000000a001';
export const SUBSCRIPTION = `/subscriptions/${SUBSCRIPTION_ID}`;
export const GROUP = `${SUBSCRIPTION}/resourceGroups/rg-shop-weu`;
export const COMPUTE = `${GROUP}/providers/Microsoft.Compute`;
export const NETWORK = `${GROUP}/providers/Microsoft.Network`;
export const VM = `${COMPUTE}/virtualMachines/web-01`;
export const DISK = `${COMPUTE}/disks/web-01-os`;
export const COLLECTION = `${COMPUTE}/restorePointCollections/rpc-web-01`;
export const POINT = `${COLLECTION}/restorePoints/before`;
export const VNET = `${NETWORK}/virtualNetworks/vnet-drill`;
export const GUARD = `${NETWORK}/networkSecurityGroups/nsg-drill`;
export const ROUTES = `${NETWORK}/routeTables/rt-drill`;
export const PROFILE = `${NETWORK}/trafficManagerProfiles/tm-shop`;
export const VAULTS = `${SUBSCRIPTION}/resourceGroups/rg-dr-weu/providers/Microsoft.RecoveryServices/vaults`;
export const CONTAINERS = (fabric: string, container: string): string =>
  `${VAULTS}/rsv-dr/replicationFabrics/${fabric}/replicationProtectionContainers/${container}`;
export const HERE = CONTAINERS('fabric-a', 'container-a');
export const THERE = CONTAINERS('fabric-b', 'container-b');
export const ITEM = `${HERE}/replicationProtectedItems/item1`;
export const REST = 'iaasvmcontainerv2;rg-shop-weu;web-01';
export const BACKUP_ITEM = `${VAULTS}/rsv-backup/backupFabrics/Azure/protectionContainers/IaasVMContainer;${REST}/protectedItems/VM;${REST}`;
export const RULE = `${GROUP}/providers/Microsoft.Insights/metricAlerts/shop-down`;
export const ALERTS = `${SUBSCRIPTION}/providers/Microsoft.AlertsManagement/alerts`;
export const STAGING = `${GROUP}/providers/Microsoft.Storage/storageAccounts/staging`;

/** What the client of these forms is set up with. */
export const SETTINGS = { replicationCache: [`NorthEurope=${STAGING}`], restoreStaging: [`westeurope=${STAGING}`] };

/** One answer, or several in the order of the requests (`ORIGIN` stands for the server), and what is made of it. */
interface Reading {
  readonly name: string;
  readonly bodies: readonly unknown[];
  readonly answer: object;
}

/** A question of the engine in its exact form: its requests, and how answers are read. */
export interface ReadForm {
  readonly query: AzureQuery;
  /** Path and query of each request; a regular expression where the clock of the computer stands in it. */
  readonly requests: readonly { readonly path: string; readonly query: Readonly<Record<string, string | RegExp>> }[];
  /** The first shows the usual answers. */
  readonly readings: readonly Reading[];
}

/** Azure answered, and this is the value. */
export const found = (value: unknown): object => ({ kind: 'found', value });
const version = (of: string, more: Readonly<Record<string, string | RegExp>> = {}) => ({ 'api-version': of, ...more });
/** A request without a body. */
export const gets = (path: string, of: string, more?: Readonly<Record<string, string | RegExp>>): ReadForm['requests'][number] => ({
  path,
  query: version(of, more),
});
/** An id as Azure may answer it: other casing, the same resource. */
export const shouted = (id: string): string => id.toUpperCase().replace('/SUBSCRIPTIONS/', '/Subscriptions/');
