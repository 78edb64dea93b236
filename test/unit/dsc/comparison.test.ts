import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ReadAction } from '../../../engine/actions/action.ts';
import { dscCompare } from '../../../engine/actions/dsc-compare.ts';
import { evidenceText } from '../../../engine/dsc/evidence.ts';
import type { Fact } from '../../../engine/dsc/fact.ts';
import { actionContext, actionPorts } from '../../support/action-world.ts';
import { setDocument } from '../../support/set-drive.ts';

const DOCUMENT = 'configurations/x.dsc.yaml';
const TEXT = setDocument(
  'type: Runward.Linux/Sysctl, name: k, properties: { key: k, value: "1" }',
  'type: Runward.Linux/Package, name: p, properties: { name: p, version: ">= 1" }',
);

const value = (of: string): Fact => ({ state: 'value', value: of });
const version = (of: string): Fact => ({ state: 'value', value: { wanted: 'i', state: 'i', version: of } });
const unknown: Fact = { state: 'unknown', reason: 'noTool' };

/** Evidence of a machine with a kernel parameter and a package, and its name. */
function seen(name: string, k: Fact, p: Fact): { readonly id: string; readonly text: string } {
  const facts = new Map([
    ['sysctl.live\nk', k],
    ['package.dpkg\np', p],
  ]);
  const text = evidenceText({ target: { name, id: name, via: 'ssh' }, engine: '1', sealed: true, parts: [], facts });
  return { id: createHash('sha256').update(text).digest('hex'), text };
}

async function compared(left: ReturnType<typeof seen>, right: ReturnType<typeof seen>, expect_different: readonly string[] = []) {
  const kept = new Map([left, right].map(({ id, text }) => [id, text]));
  const input = dscCompare.input.parse({ document: DOCUMENT, left: `sha256:${left.id}`, right: `sha256:${right.id}`, expect_different });
  const ports = actionPorts({ store: { readDriftText: (id) => Promise.resolve(kept.get(id)) } });
  const outcome = await (dscCompare as ReadAction).read(ports, actionContext({ input, configurations: { [DOCUMENT]: TEXT } }) as never);
  if (outcome.kind === 'unanswered') throw new Error('a comparison asks nobody');
  const differences = (outcome.result?.['differences'] ?? []) as unknown as readonly { readonly path: string; readonly kind: string }[];
  return { kind: outcome.kind, same: outcome.result?.['same'], found: differences.map(({ path, kind }) => `${path} ${kind}`) };
}

describe('dsc.compare@1', () => {
  const good = seen('web-01', value('1'), version('1.2'));

  it.each([
    ['the same machine again', seen('web-02', value('1'), version('1.2')), true, []],
    ['a replica that drifted', seen('web-02', value('0'), version('1.2')), false, ['/value rightOnlyDrifted']],
    ['another version that the document allows as well', seen('web-02', value('1'), version('1.3')), false, ['/version valueDiffers']],
    ['a replica that nobody could observe', seen('web-02', unknown, version('1.2')), false, ['/value unknown']],
    ['a package that is missing there', seen('web-02', value('1'), { state: 'absent' }), false, ['/_exist rightOnlyDrifted']],
  ] as const)('compares with %s', async (_name, other, same, found) => {
    expect(await compared(good, other)).toEqual({ kind: same ? 'succeeded' : 'failed', same, found });
  });

  it('lets a replica be better than its original, and does not call equal drift the same thing as no drift', async () => {
    const bad = seen('web-01', value('0'), version('1.2'));
    expect(await compared(bad, good)).toEqual({ kind: 'succeeded', same: true, found: ['/value leftOnlyDrifted'] });
    expect((await compared(bad, seen('web-02', value('0'), version('1.2')))).found).toEqual(['/value bothDrifted']);
    expect(await compared(bad, seen('web-02', value('7'), version('1.2')))).toMatchObject({ same: false, found: ['/value valueDiffers'] });
  });

  it('takes a difference that is expected, names one that is missing, and expects nothing of what nobody observed', async () => {
    const other = seen('web-02', value('0'), version('1.2'));
    const expected = ['Runward.Linux/Sysctl:*', 'Runward.Linux/Package:p/version'];
    expect(await compared(good, other, expected)).toEqual({
      kind: 'succeeded',
      same: true,
      found: ['/value expected', '/version expectedButSame'],
    });
    expect(await compared(good, seen('web-02', unknown, version('1.2')), ['Runward.Linux/Sysctl:k'])).toMatchObject({ same: false });
  });

  it('says that a check is not kept any more', async () => {
    const input = dscCompare.input.parse({ document: DOCUMENT, left: `sha256:${good.id}`, right: `sha256:${good.id}` });
    const ports = actionPorts({ store: { readDriftText: () => Promise.resolve(undefined) } });
    const outcome = await (dscCompare as ReadAction).read(ports, actionContext({ input, configurations: { [DOCUMENT]: TEXT } }) as never);
    expect(outcome).toMatchObject({ kind: 'failed', failure: { message: expect.stringContaining('not kept any more') as string } });
  });
});
