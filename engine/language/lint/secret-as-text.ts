import { quoted } from '../diagnostics.ts';
import { child, entriesOf, pointerOf, textOf } from '../tree.ts';
import type { LintRule } from './rule.ts';

const SECRET = /(^|_)(password|passwd|passphrase|secret|token|api_?key|private_?key|access_?key|credential|connection_?string|sas)(_|$)/;
// What only says where a secret is, or about it.
const ABOUT = /(_|^)(id|ids|name|names|url|uri|file|path|policy|age|days|length|count|version)$/;

/** RW535: a text input that is named like a secret; its value lands in the record and in logs. */
export const secretAsText: LintRule = {
  code: 'RW535',
  check({ root, report }) {
    for (const input of entriesOf(child(root, 'inputs'))) {
      if (textOf(child(input.value, 'type')) !== 'string' || !SECRET.test(input.key) || ABOUT.test(input.key)) continue;
      report('RW535', { span: input.keySpan, pointer: pointerOf(['inputs', input.key]) }, { input: quoted(input.key) });
    }
  },
};
