import { findItem } from './find.ts';
import { itemId } from './item.ts';
import type { Answer, Call } from '../route.ts';
import type { World } from '../world.ts';
import type { Item } from './item.ts';

/** A size of machines, as Microsoft's pages on sizes have it. */
interface Size {
  readonly name: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly dataDisksMax: number;
  readonly nicsMax: number;
  readonly premium: boolean;
  readonly generations: readonly ('V1' | 'V2')[];
}

const BOTH = ['V1', 'V2'] as const;

function size(
  name: string,
  [cores, memoryGb, dataDisksMax, nicsMax]: readonly [number, number, number, number],
  less: Partial<Size> = {},
): Size {
  return { name, cores, memoryGb, dataDisksMax, nicsMax, premium: true, generations: BOTH, ...less };
}

/** The sizes that every region of the simulator has. */
const SIZES: readonly Size[] = [
  size('Standard_A1_v2', [1, 2, 2, 2], { premium: false, generations: ['V1'] }),
  size('Standard_A2_v2', [2, 4, 4, 2], { premium: false, generations: ['V1'] }),
  size('Standard_B1ms', [1, 2, 2, 2]),
  size('Standard_B2s', [2, 4, 4, 3]),
  size('Standard_B2ms', [2, 8, 4, 3]),
  size('Standard_D2_v5', [2, 8, 4, 2], { premium: false }),
  size('Standard_D2s_v3', [2, 8, 4, 2]),
  size('Standard_D4s_v3', [4, 16, 8, 2]),
  size('Standard_D2s_v5', [2, 8, 4, 2]),
  size('Standard_D4s_v5', [4, 16, 8, 2]),
  size('Standard_D8s_v5', [8, 32, 16, 4]),
  size('Standard_D16s_v5', [16, 64, 32, 8]),
  size('Standard_E2s_v5', [2, 16, 4, 2]),
  size('Standard_E4s_v5', [4, 32, 8, 2]),
  size('Standard_E8s_v5', [8, 64, 16, 4]),
  size('Standard_F2s_v2', [2, 4, 4, 2]),
  size('Standard_F4s_v2', [4, 8, 8, 2]),
];

/** GET targetComputeSizes of an item: every size of the recovery region, with what keeps the machine from it. */
export function listTargetSizes(world: World, call: Call): Answer {
  const item = findItem(world, call);
  if ('status' in item) return item;
  return { status: 200, body: { value: SIZES.map((each) => sizeBody(world, item, each)) } };
}

function sizeBody(world: World, item: Item, given: Size): Readonly<Record<string, unknown>> {
  const errors = obstacles(item, given).map((message) => ({ message, severity: 'Error' }));
  return {
    id: `${itemId(world, item)}/targetComputeSizes/${given.name}`,
    name: given.name,
    type: 'Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers/replicationProtectedItems/targetComputeSizes',
    properties: {
      name: given.name,
      friendlyName: given.name,
      cpuCoresCount: given.cores,
      vCPUsAvailable: given.cores,
      memoryInGB: given.memoryGb,
      maxDataDiskCount: given.dataDisksMax,
      maxNicsCount: given.nicsMax,
      errors: errors.length === 0 ? null : errors,
      highIopsSupported: given.premium ? 'Supported' : 'NotSupported',
      hyperVGenerations: given.generations,
    },
  };
}

/** The disks of a replica are premium ones, and it boots as the second generation does. */
function obstacles(item: Item, given: Size): readonly string[] {
  const disks = item.machine.dataDisks.length;
  return [
    ...(disks > given.dataDisksMax ? [`The size takes ${given.dataDisksMax} data disks, and the virtual machine has ${disks}.`] : []),
    ...(given.premium ? [] : ['The size does not support premium storage, which the disks of the virtual machine use.']),
    ...(given.generations.includes('V2') ? [] : ['The size does not support virtual machines of generation 2.']),
  ];
}
