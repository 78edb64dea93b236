import { quoted } from '../diagnostics.ts';
import type { OutlinedStep } from '../outline.ts';
import type { TargetSet } from '../runbook.ts';
import { child, entryOf, pointerOf, textOf } from '../tree.ts';
import { holdsChange, isForward } from './changing-steps.ts';
import type { LintProject, LintRule } from './rule.ts';

const FEW = 5;

/** RW521: a fan-out that changes many machines at the first go; the first mistake hits all of them. Recovery plans have groups of their own. */
export const fanOutWithoutWaves: LintRule = {
  code: 'RW521',
  check({ steps, runbook, report }, project) {
    for (const step of steps) {
      const target = entryOf(step.node, 'target');
      const set = runbook.targets[setOf(step) ?? ''];
      if (target === undefined || set === undefined || child(child(step.node, 'rollout'), 'waves') !== undefined) continue;
      if (!isForward(step) || !holdsChange(step, steps)) continue;
      const count = sizeOf(set, project);
      if (count <= FEW) continue;
      const place = { span: target.keySpan, pointer: pointerOf([...step.path, 'target']) };
      report('RW521', place, { step: quoted(step.id), count: String(count) });
    }
  },
};

/** The set that a step names, narrowed or not. */
export function setOf({ node }: OutlinedStep): string | undefined {
  const target = child(node, 'target');
  return textOf(target?.kind === 'map' ? child(target, 'set') : target);
}

function sizeOf({ source, max }: TargetSet, { inventories }: LintProject): number {
  if (source.kind === 'recovery_plan') return 0;
  if (source.kind === 'hosts') return Math.min(source.hosts.length, max);
  if (source.kind === 'inventory') return Math.min(inventories.get(source.name)?.hosts.length ?? max, max);
  return max;
}
