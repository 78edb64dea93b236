import { z } from 'zod';
import { type ComparedProperty, compareMachines, isSame } from '../dsc/comparison.ts';
import { readEvidence, verdictOf } from '../dsc/evidence.ts';
import { parameterDigest } from '../dsc/parameter-digest.ts';
import type { Verdict } from '../dsc/verdict.ts';
import { formatInstant } from '../language/instant.ts';
import { VERSION } from '../version.ts';
import { type ActionContext, type ActionPorts, type Failed, readAction } from './action.ts';
import { documentInput, failed, parametersInput, pinned } from './dsc-observe.ts';

const DIFFERENCES_MAX = 200;

const evidence = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be the `evidence` of a dsc.test step');

const input = z.strictObject({
  document: documentInput,
  parameters: parametersInput,
  left: evidence.describe('The `evidence` of the machine that is as it should be: the primary'),
  right: evidence.describe('The `evidence` of the machine that is compared with it: the replica'),
  expect_different: z
    .array(z.string().regex(/^[\w.]+\/\w+:[^/\s]*(\/\S*)?$/, 'must be type:name or type:name/path, with * in the name'))
    .max(100)
    .default([])
    .describe('What has to differ between the two, as `type:name` or `type:name/path`; `*` in a name is any text'),
});

type Context = ActionContext<z.infer<typeof input>>;

/** Compares two machines, or one at two times, by what two checks have observed; asks nobody. */
export const dscCompare = readAction<z.infer<typeof input>>({
  name: 'dsc.compare@1',
  summary: 'Compare what two checks have observed',
  effect: 'read',
  severity: 'mild',
  target: 'none',
  input,
  result: { same: 'bool', differences: { list: 'dyn' }, evidence: { list: 'string' } },
  timeoutMs: 600_000,
  permissions: [],
  read: async (ports, context) => {
    const { left, right, expect_different: expected } = context.input;
    const [one, other] = [await verdictFrom(ports, context, left), await verdictFrom(ports, context, right)];
    if ('failure' in one) return one;
    if ('failure' in other) return other;
    const differences = compareMachines(one, other, expected);
    const same = isSame(differences);
    const result = { same, differences: differences.slice(0, DIFFERENCES_MAX).map((each) => ({ ...each })), evidence: [left, right] };
    const data = { left: one.target, right: other.target, same, differences: differences.length };
    const observations = [{ at: ports.clock.nowMs(), what: 'Comparison', data }];
    if (same) return { kind: 'succeeded', result, observations };
    return { ...failed('target', sentence(one, other, differences)), result, observations };
  },
});

async function verdictFrom(ports: Pick<ActionPorts, 'store' | 'ids'>, context: Context, id: string): Promise<Verdict | Failed> {
  const configuration = pinned(context);
  if ('failure' in configuration) return configuration;
  const text = await ports.store.readDriftText(id.slice('sha256:'.length));
  if (text === undefined) return failed('target', `the check ${id.slice(0, 15)}… is not kept any more: check again`);
  const { sha256 } = ports.ids;
  const parameters = parameterDigest(configuration, sha256);
  const given = parameters === undefined ? {} : { parameters };
  const inputs = { document: `sha256:${sha256(configuration.text)}`, evidence: id, engine: VERSION, ...given };
  return verdictOf(readEvidence(text), { configuration, evaluatedAt: formatInstant(0), inputs, sha256 });
}

function sentence(left: Verdict, right: Verdict, differences: readonly ComparedProperty[]): string {
  const first = differences.find((each) => !isSame([each]));
  const what = first === undefined ? '' : `; ${first.resource}${first.path}: ${first.kind}`;
  return `${right.target} is not the same as ${left.target}: ${differences.length} properties stand out${what}`;
}
