import { checkGiven } from './check-given.ts';
import { didYouMean, quoted, type Report } from './diagnostics.ts';
import { nearest } from './near.ts';
import { child, entriesOf, itemsOf, pointerOf, textOf, type TreeNode } from './tree.ts';

/** Checks the webhooks of a runbook: each id once, inputs that exist, and nothing missing that a run needs. */
export function checkWebhooks(root: TreeNode, report: Report): void {
  const inputs = child(root, 'inputs');
  const known = entriesOf(inputs).map(({ key }) => key);
  const seen = new Set<string>();
  itemsOf(child(child(root, 'triggers'), 'webhooks')).forEach((webhook, index) => {
    const path = ['triggers', 'webhooks', index];
    const idNode = child(webhook, 'id');
    const id = textOf(idNode) ?? '';
    const complain = (
      span: TreeNode['span'],
      way: readonly (string | number)[],
      about: { readonly input: string; readonly problem: string },
    ): void => {
      const near = about.problem === 'unknown' ? nearest(about.input, known) : undefined;
      const suggestion = near === undefined ? {} : { hint: didYouMean(near), fix: near };
      const marks = { what: 'webhook', id: quoted(id), input: quoted(about.input), problem: about.problem };
      report('RW414', { span, pointer: pointerOf([...path, ...way]), ...suggestion }, marks);
    };
    if (idNode !== undefined && seen.has(id)) complain(idNode.span, ['id'], { input: 'id', problem: 'belongs to another webhook already' });
    seen.add(id);
    const given = itemsOf(child(webhook, 'inputs')).map((node) => ({ node, name: textOf(node) ?? '' }));
    const set = entriesOf(child(webhook, 'set'));
    given.forEach(({ node, name }, at) => {
      if (!known.includes(name)) complain(node.span, ['inputs', at], { input: name, problem: 'unknown' });
    });
    for (const entry of set) {
      const definition = child(inputs, entry.key);
      if (definition !== undefined) checkGiven(entry, definition, { path: [...path, 'set', entry.key], report });
      else complain(entry.keySpan, ['set', entry.key], { input: entry.key, problem: 'unknown' });
    }
    for (const { key, value } of entriesOf(inputs)) {
      const has = given.some(({ name }) => name === key) || set.some((entry) => entry.key === key) || child(value, 'default') !== undefined;
      if (!has) complain(idNode?.span ?? webhook.span, [], { input: key, problem: 'missing' });
    }
  });
}
