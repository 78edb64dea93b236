import { didYouMean, quoted, type Report } from '../language/diagnostics.ts';
import { nearest } from '../language/near.ts';
import { child, entriesOf, entryOf, pointerOf, type Segment, textOf, type TreeNode } from '../language/tree.ts';
import { severityOf } from './instance.ts';
import type { ResourceEntry } from './resource-entry.ts';
import { resourceTypes } from './resources/catalogue.ts';
import type { Template } from './template.ts';
import { meetsRequirement } from './version-requirement.ts';

/** Reports what of the format would change a check and is not followed yet: it must not be passed over. And types that do not exist. */
export function checkSupported({ root, resources }: Template, report: Report): void {
  reportKeys(root, [], { keys: ['outputs'], report });
  // These two carry meaning for the reference and for us.
  reportKeys(child(root, 'metadata'), ['metadata'], { keys: ['Microsoft.DSC', 'runward'], report });
  const directives = child(root, 'directives');
  const others = entriesOf(directives).flatMap(({ key }) => (key === 'version' ? [] : [key]));
  reportKeys(directives, ['directives'], { keys: others, report });
  for (const entry of resources) {
    reportKeys(entry.node, entry.base, { keys: ['directives', 'resources'], report });
    reportKeys(child(entry.node, 'metadata'), [...entry.base, 'metadata'], { keys: ['Microsoft.DSC'], report });
    severityOf(entry, report);
    checkType(entry, report);
  }
}

function reportKeys(
  node: TreeNode | undefined,
  base: readonly Segment[],
  { keys, report }: { readonly keys: readonly string[]; readonly report: Report },
): void {
  for (const key of keys) {
    const entry = entryOf(node, key);
    const name = base[0] === 'metadata' || base[0] === 'directives' ? `${base[0]}.${key}` : key;
    if (entry !== undefined) report('RW-DSC-101', { span: entry.keySpan, pointer: pointerOf([...base, key]) }, { what: quoted(name) });
  }
}

function checkType({ node, base, type: written, requireVersion }: ResourceEntry, report: Report): void {
  const type = resourceTypes.get(written);
  if (type === undefined) {
    const names = [...resourceTypes.keys()];
    const near = nearest(written, names);
    const suggestion = near === undefined ? {} : { hint: didYouMean(near), fix: near };
    const place = { span: child(node, 'type')?.span ?? node.span, pointer: pointerOf([...base, 'type']), ...suggestion };
    report('RW-DSC-105', place, { type: quoted(written), known: names.map((name) => name.split('/')[1]).join(', ') });
    return;
  }
  const wanted = textOf(requireVersion) ?? (requireVersion === undefined ? undefined : requireVersion.source);
  if (wanted === undefined || meetsRequirement(type.version, wanted) === true) return;
  const marks = { what: written, wanted: quoted(wanted), version: type.version };
  report('RW-DSC-116', { span: requireVersion?.span ?? node.span, pointer: pointerOf([...base, 'requireVersion']) }, marks);
}
