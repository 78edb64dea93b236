import { armIdPart } from '../ids.ts';
import { quoted, type Report } from './diagnostics.ts';
import type { ReadFile } from './load.ts';
import { fanOutsOf, type OutlinedStep } from './outline.ts';
import { child, entryOf, itemsOf, pointerOf, textOf, type TreeNode } from './tree.ts';

/** What the machines of a set are to the steps that work on them. */
type Members = 'Azure VMs' | 'protected machines' | 'hosts' | 'unknown';

interface Reaching {
  readonly root: TreeNode;
  readonly files: readonly ReadFile[];
  readonly report: Report;
}

// What a leaf needs, and which machines are that. A protected machine is Site Recovery's record of one: nothing runs on it.
const NEEDS = {
  vm: { fits: ['Azure VMs'], words: 'Azure VMs', example: 'azure, or hosts with the id of their VM' },
  item: {
    fits: ['protected machines'],
    words: 'protected machines',
    example: 'recovery_plan: { subscription, resource_group, vault, name }',
  },
  machine: {
    fits: ['Azure VMs', 'hosts'],
    words: 'machines that can be reached',
    example: 'azure, hosts or inventory; or what a failover produced',
  },
} as const satisfies Readonly<Record<string, { readonly fits: readonly Members[]; readonly words: string; readonly example: string }>>;

/** Checks that the machines of a leaf are of the kind that its action or script works on. */
export function checkReach(step: OutlinedStep, { root, files, report }: Reaching): void {
  const need = step.body === 'run' ? 'machine' : step.body === 'uses' ? step.action?.target : undefined;
  if (need !== 'vm' && need !== 'item' && need !== 'machine') return;
  const fanOut = fanOutsOf(step).find((each) => each.fanOut === 'target');
  const written = entryOf(fanOut?.node, 'target');
  const name = textOf(written?.value.kind === 'map' ? child(written.value, 'set') : written?.value);
  const set = name === undefined ? undefined : child(child(root, 'targets'), name);
  if (fanOut === undefined || written === undefined || name === undefined || set === undefined) return;
  const members = membersOf(set, files);
  const { fits, words, example } = NEEDS[need];
  if (members === 'unknown' || (fits as readonly Members[]).includes(members)) return;
  const key = step.body === 'run' ? 'run' : 'uses';
  const own = fanOut === step;
  const place = own
    ? { span: written.value.span, at: [...step.path, 'target'] }
    : { span: entryOf(step.node, key)?.keySpan, at: [...step.path, key] };
  report(
    'RW205',
    { span: place.span ?? written.value.span, pointer: pointerOf(place.at) },
    { key: own ? '"target"' : `the target of "${fanOut.id}"`, type: words, found: `${members} in ${quoted(name)}`, example },
  );
}

function membersOf(set: TreeNode, files: readonly ReadFile[]): Members {
  if (child(set, 'azure') !== undefined) return 'Azure VMs';
  if (child(set, 'recovery_plan') !== undefined) return 'protected machines';
  const inventory = textOf(child(set, 'inventory'));
  const file =
    inventory === undefined
      ? undefined
      : files.find(({ kind, root }) => kind === 'Inventory' && textOf(child(child(root, 'metadata'), 'name')) === inventory);
  const hosts = itemsOf(child(file?.root ?? set, 'hosts'));
  if (hosts.length === 0) return 'unknown';
  const vms = hosts.filter((host) => armIdPart(textOf(child(host, 'id')) ?? '', 'virtualMachines') !== undefined);
  // Of a mixed list, where may pick the right ones.
  return vms.length > 0 ? 'Azure VMs' : 'hosts';
}

/** Checks that each machine of a list has a name of its own: the name is its key in results and reports. */
export function checkHosts(list: TreeNode | undefined, path: readonly (string | number)[], report: Report): void {
  const seen = new Set<string>();
  itemsOf(list).forEach((host, index) => {
    const name = child(host, 'name');
    const text = textOf(name)?.toLowerCase();
    if (name === undefined || text === undefined || child(host, 'id') !== undefined) return;
    if (seen.has(text))
      report('RW416', { span: name.span, pointer: pointerOf([...path, index, 'name']) }, { key: quoted(textOf(name) ?? '') });
    seen.add(text);
  });
}
