import { FAULTS, REQUESTS } from '../../docs/generators/lost-answers.ts';

const SUBSCRIPTION = '6f1c1b5e-0000-4000-8000-00000000a001';
const FABRIC = 'asr-a2a-default-westeurope';

/** One request under one fault, with a target of its own: nothing that another cell leaves behind can decide what this one finds. */
export interface Cell {
  readonly action: string;
  readonly request: string;
  readonly operation: string;
  readonly fault: (typeof FAULTS)[number];
  /** Stands in the path of the request and of no other cell's: the name of its machine, vault, group, profile or network. */
  readonly name: string;
}

/** Machines of the simulated shop that can run a script. */
const SHOP = ['web-01', 'web-02', 'web-03', 'web-04', 'app-01', 'app-02', 'app-03', 'app-04'] as const;

/** Every cell of the table, request by request. */
export const CELLS: readonly Cell[] = REQUESTS.flatMap((row, index) =>
  FAULTS.map((fault, place) => {
    const own = `c${String(index).padStart(2, '0')}-${place}x`;
    return { ...row, fault, name: row.action === 'run' ? (SHOP[place] ?? own) : own };
  }),
);

const groups = `/subscriptions/${SUBSCRIPTION}/resourceGroups`;

/** ARM ids of what a cell has. */
export function idsOf(cell: Cell) {
  const vault = `${groups}/rg-dr-weu/providers/Microsoft.RecoveryServices/vaults/rsv-${cell.name}`;
  const network = (group: string, name: string): string => `${groups}/${group}/providers/Microsoft.Network/virtualNetworks/${name}`;
  return {
    vm: `${groups}/rg-shop-weu/providers/Microsoft.Compute/virtualMachines/${cell.name}`,
    plan: `${vault}/replicationRecoveryPlans/plan`,
    item: `${vault}/replicationFabrics/${FABRIC}/replicationProtectionContainers/${FABRIC}-container/replicationProtectedItems/${cell.name}`,
    profile: `${groups}/rg-shop-weu/providers/Microsoft.Network/trafficManagerProfiles/${cell.name}`,
    securityGroup: `${groups}/rg-shop-weu/providers/Microsoft.Network/networkSecurityGroups/nsg-${cell.name}`,
    drill: network('rg-dr-test', 'vnet-drill'),
    island: network('rg-shop-weu', 'vnet-island'),
    restoreGroup: `rg-${cell.name}`,
  };
}

/** An estate in which each cell of the table has what it needs: bare machines with one disk, a vault for each replicated one. */
export function estateOf(cells: readonly Cell[]): object {
  const of = (pattern: RegExp): readonly Cell[] => cells.filter(({ action }) => pattern.test(action));
  const machines = of(/^(asr|backup|azure\.(vm|restore-point))\./);
  const space = (index: number): string => `10.${100 + Math.floor(index / 250)}.${index % 250}.0/24`;
  return {
    estate: 'lost-answers',
    seed: 42,
    tenant: '7f0e0000-0000-4000-8000-000000000071',
    subscriptions: [{ id: SUBSCRIPTION, name: 'Lost answers' }],
    regions: { primary: 'westeurope', recovery: 'northeurope' },
    principals: [{ name: 'runward-recovery', clientId: '7f0e0000-0000-4000-8000-0000000000c1', secret: 'demo-only' }],
    resourceGroups: [
      { name: 'rg-shop-weu', location: 'westeurope' },
      ...['rg-shop-neu', 'rg-dr-weu', 'rg-dr-test'].map((name) => ({ name, location: 'northeurope' })),
      ...of(/^backup\.restore/).map((cell) => ({ name: idsOf(cell).restoreGroup, location: 'westeurope' })),
    ],
    networks: [
      { name: 'vnet-shop-weu', group: 'rg-shop-weu', space: '10.20.0.0/16', reachable: false },
      { name: 'vnet-shop-neu', group: 'rg-shop-neu', space: '10.30.0.0/16', reachable: false },
      { name: 'vnet-drill', group: 'rg-dr-test', space: '10.90.0.0/16', reachable: false },
      { name: 'vnet-island', group: 'rg-shop-weu', space: '10.91.0.0/16', reachable: false },
      ...of(/^azure\.nsg\./).map(({ name }, index) => ({ name, group: 'rg-shop-weu', space: space(index), reachable: false })),
    ],
    machineDefaults: { size: 'Standard_D2s_v5', image: 'debian-12', power: 'running', osDiskGb: 32, dataDisksGb: [], bare: true },
    machines: machines.map(({ name, action }, index) => ({
      name,
      group: 'rg-shop-weu',
      role: 'web',
      address: `10.20.${Math.floor(index / 200)}.${10 + (index % 200)}`,
      power: action === 'azure.vm.start@1' ? 'deallocated' : 'running',
      detach: action === 'azure.vm.delete@1',
    })),
    vaults: [
      ...of(/^asr\./).map(vaultOf),
      {
        name: 'rsv-backup-weu',
        group: 'rg-shop-weu',
        backup: {
          policies: [{ name: 'daily-30d', keep: '30d' }],
          items: { machines: of(/^backup\./).map(({ name }) => name), policy: 'daily-30d', history: '2d' },
        },
      },
    ],
    trafficManager: of(/^azure\.trafficmanager\./).map(({ name }) => ({
      name,
      group: 'rg-shop-weu',
      endpoints: [{ name: 'recovery', target: 'recovery.contoso.example', enabled: false }],
    })),
  };
}

function vaultOf({ name }: Cell): object {
  return {
    name: `rsv-${name}`,
    group: 'rg-dr-weu',
    replication: {
      policy: { name: 'a2a-24h', keep: '24h', crashEvery: '5m', appEvery: '4h' },
      pair: { from: 'westeurope', to: 'northeurope', cache: 'stcachewe', network: 'vnet-shop-neu', targetGroup: 'rg-shop-neu' },
      items: [name],
    },
    plans: [{ name: 'plan', groups: [[name]] }],
  };
}
