import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocalShell, type LocalShell } from '../../adapters/shell/local.ts';
import type { Failed, ReadAction, ReadOutcome, Success } from '../../engine/actions/action.ts';
import { dscExport } from '../../engine/actions/dsc-export.ts';
import { dscTest } from '../../engine/actions/dsc-test.ts';
import { actionContext, actionPorts, machine } from '../support/action-world.ts';

const DOCUMENT = 'configurations/exported.dsc.yaml';

// The host itself is the machine: its accounts and its files, read by its own tools.
describe('an export', () => {
  let local: LocalShell;
  let folder: string;
  beforeAll(async () => {
    local = createLocalShell(50);
    folder = await mkdtemp(join(tmpdir(), 'runward-export-'));
    await writeFile(join(folder, '[brackets]'), 'x');
    await chmod(join(folder, '[brackets]'), 0o640);
    await symlink('[brackets]', join(folder, 'link'));
  });
  afterAll(async () => {
    await local.close();
    await rm(folder, { recursive: true, force: true });
  });

  const ended = async (action: unknown, context: unknown): Promise<Success | Failed> => {
    for (;;) {
      const outcome: ReadOutcome = await (action as ReadAction).read(actionPorts({ shell: local }), context as never);
      if (outcome.kind !== 'unanswered') return outcome;
    }
  };
  const exported = (types: readonly string[], filters: object = {}): Promise<Success | Failed> => {
    const names = types.map((type) => `Runward.Linux/${type}`);
    const given = Object.fromEntries(Object.entries(filters).map(([type, list]) => [`Runward.Linux/${type}`, list as unknown]));
    const input = dscExport.input.parse({ types: names, filters: given });
    return ended(dscExport, actionContext({ input, target: machine({ via: 'local' }) }));
  };

  it('is a document that the same machine holds', async () => {
    const paths = ['[brackets]', 'link', 'not-there'].map((name) => join(folder, name));
    const outcome = await exported(['File', 'User'], { File: paths, User: ['root', 'no-such-user'] });
    expect(outcome).toMatchObject({ kind: 'succeeded' });
    const text = JSON.stringify(outcome.result?.['document']);
    expect(JSON.parse(text)).toMatchObject({
      resources: [
        { properties: { type: 'file', mode: '0640', sha256: expect.any(String) as string } },
        { properties: { type: 'link', target: '[[brackets]' } },
        { properties: { _exist: false } },
        { name: 'root', properties: { uid: 0 } },
        { name: 'no-such-user', properties: { _exist: false } },
      ],
    });
    const input = dscTest.input.parse({ document: DOCUMENT });
    const checked = await ended(dscTest, actionContext({ input, target: machine({ via: 'local' }), configurations: { [DOCUMENT]: text } }));
    expect(checked).toMatchObject({ kind: 'succeeded', result: { status: 'compliant', drifted: 0, unknown: 0 } });
  });

  it('lists every account where none is named, and wants names where a type has no end', async () => {
    const all = await exported(['User']);
    expect(all.result?.['document']).toMatchObject({
      resources: expect.arrayContaining([expect.objectContaining({ name: 'root' })]) as object[],
    });
    expect(await exported(['File'])).toMatchObject({
      kind: 'failed',
      failure: { message: expect.stringContaining('under filters') as string },
    });
  });

  it('fails where something was not observed, and gives what was', async () => {
    const outcome = await exported(['File', 'Package'], { File: [folder], Package: ['*'] });
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { message: expect.stringContaining('Runward.Linux/Package:* (unsupported)') as string },
    });
    expect(outcome.result?.['document']).toMatchObject({ resources: [{ properties: { type: 'directory' } }] });
  });
});
