import { itemBody } from './item.ts';
import { openJob } from './job.ts';
import type { Call } from '../route.ts';
import type { World } from '../world.ts';
import type { Item } from './item.ts';
import type { Job } from './job.ts';

/** Opens the job of an item; its result is the item as it stands then. */
export function openItemJob(
  world: World,
  call: Call,
  given: Pick<Job, 'friendlyName' | 'tasks' | 'custom'> & { readonly item: Item; readonly scenario: string; readonly operation: string },
): Job {
  const { item, friendlyName, tasks, custom, scenario, operation } = given;
  const target = { id: item.guid, name: item.machine.name, type: 'ProtectionEntity' } as const;
  return openJob(
    world,
    { vault: item.vault, scenarioName: scenario, friendlyName, tasks, custom, target },
    { call, operation, result: () => ({ status: 200, body: itemBody(world, item) }) },
  );
}
