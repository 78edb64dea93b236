import type { TreeNode } from './tree.ts';

/** The hint for `{ v: f(a, b) }`, which is two keys to YAML: the second is what follows the comma. */
export const CUT_OFF = 'a comma ends a value in { }: quote the value before it';

/** True for a key that looks like the rest of an expression and has no value. */
export function isCutOff(key: string, value: TreeNode | undefined): boolean {
  return value?.kind === 'scalar' && value.value === null && value.source === '' && /[()[\]"']/.test(key);
}
