import { armIdPart } from '../ids.ts';
import type { TargetSet } from './runbook.ts';
import { child, entriesOf, itemsOf, textOf, type TreeNode } from './tree.ts';

/** The one subscription, in lower case, that the target sets of a runbook lie in; undefined when they lie in none or in several. */
export function impliedSubscription(targets: Readonly<Record<string, Pick<TargetSet, 'source'>>>): string | undefined {
  return onlyOne(
    Object.values(targets).flatMap(({ source }) => {
      if (source.kind === 'azure') return source.subscriptions;
      if (source.kind === 'recovery_plan') return source.subscription;
      return source.kind === 'hosts' ? source.hosts.flatMap(({ id }) => subscriptionOf(id) ?? []) : [];
    }),
  );
}

/** The same of a document that is still text. */
export function writtenSubscription(root: TreeNode): string | undefined {
  const sets = entriesOf(child(root, 'targets')).map(({ value }) => value);
  return onlyOne(
    sets.flatMap((set) => [
      ...itemsOf(child(child(set, 'azure'), 'subscriptions')).map(textOf),
      textOf(child(child(set, 'recovery_plan'), 'subscription')),
      ...itemsOf(child(set, 'hosts')).map((host) => subscriptionOf(textOf(child(host, 'id')))),
    ]),
  );
}

function subscriptionOf(id: string | undefined): string | undefined {
  return id === undefined ? undefined : armIdPart(id, 'subscriptions');
}

function onlyOne(subscriptions: readonly (string | undefined)[]): string | undefined {
  const [only, ...others] = new Set(subscriptions.flatMap((id) => id?.toLowerCase() ?? []));
  return others.length === 0 ? only : undefined;
}
