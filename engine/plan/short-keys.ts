import type { Target } from '../target.ts';

/** Gives each target the shortest of name, name.group, name.group.subscription that is unique in the set. */
export function withShortKeys(targets: readonly Target[]): readonly Target[] {
  const candidates = targets.map((target) => [
    target.name,
    `${target.name}.${target.resourceGroup ?? ''}`,
    `${target.name}.${target.resourceGroup ?? ''}.${target.subscription ?? ''}`,
    target.id,
  ]);
  const counts = new Map<string, number>();
  const slot = (text: string, depth: number): string => `${depth} ${text.toLowerCase()}`;
  for (const own of candidates) own.forEach((text, depth) => counts.set(slot(text, depth), (counts.get(slot(text, depth)) ?? 0) + 1));
  return targets.map((target, index) => {
    const key = (candidates[index] ?? []).find((candidate, depth) => counts.get(slot(candidate, depth)) === 1);
    return { ...target, key: key ?? target.id };
  });
}
