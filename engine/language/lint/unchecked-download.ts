import { spanInScalar } from '../scalar-offsets.ts';
import { child, entriesOf, pointerOf, type ScalarNode, type Segment } from '../tree.ts';
import type { LintRule } from './rule.ts';

const DANGERS: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /\b(curl|wget)\b[^\n|]*\|\s*(sudo\s+)?(ba|z|k|da)?sh\b/, what: 'runs what a download says, unseen' },
  { pattern: /\bcurl\b[^\n|;&]*\s(--insecure|-[a-zA-Z]*k[a-zA-Z]*)(?=\s|$)|--no-check-certificate\b/, what: 'does not check who answers' },
  { pattern: /StrictHostKeyChecking[= ]["']?(no|off)\b/i, what: 'does not check the host key' },
];

/** RW537: a script that runs unchecked code or talks to an unchecked host. */
export const uncheckedDownload: LintRule = {
  code: 'RW537',
  check({ steps, report }) {
    for (const step of steps) {
      for (const { node, path } of scriptsOf(step.node)) {
        for (const { pattern, what } of DANGERS) {
          const match = pattern.exec(String(node.value));
          if (match === null) continue;
          const span = spanInScalar(node, match.index, match.index + match[0].length);
          report('RW537', { span, pointer: pointerOf([...step.path, ...path]) }, { what });
        }
      }
    }
  },
};

function scriptsOf(step: Parameters<typeof child>[0]): readonly { readonly node: ScalarNode; readonly path: readonly Segment[] }[] {
  const places: readonly (readonly Segment[])[] = [['run'], ['done_when', 'run']];
  return places.flatMap((path) => {
    const node = path.reduce<Parameters<typeof child>[0]>((inner, key) => child(inner, String(key)), step);
    return node?.kind === 'scalar' && entriesOf(step).length > 0 ? [{ node, path }] : [];
  });
}
