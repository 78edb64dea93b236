import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FORMATS, makeOutput } from '../../../cli/output.ts';
import { validateDocuments } from '../../../cli/validate-documents.ts';
import type { Finding } from '../../../engine/language/diagnostics.ts';
import { findingsOf, GOLDEN_FOLDER, GOLDENS, isAtValidate } from '../../support/goldens.ts';
import type { ServerWorld } from './server-world.ts';
import { makeServerWorld } from './server-world.ts';

let world: ServerWorld;
beforeAll(async () => {
  world = await makeServerWorld({ RUNWARD_ALLOW_LOCAL_SCRIPTS: 'true' });
});
afterAll(() => world.close());

const AT_VALIDATE = GOLDENS.filter(isAtValidate).map((golden) => [golden.name, golden] as const);

describe('one engine reads the language', () => {
  it.each(AT_VALIDATE)('%s: the command line and the server say the same', async (name, golden) => {
    const expected = await findingsOf(golden);
    const answer = await world.call('POST', '/api/v1/validate', { body: { files: golden.files } });
    expect([answer.status, answer.body.findings]).toEqual([200, expected]);

    const paths = [`${GOLDEN_FOLDER}/${name}.yaml`, ...(golden.files.length > 1 ? [`${GOLDEN_FOLDER}/${name}`] : [])];
    const { exit, document } = await validated(paths);
    expect({ ...document, findings: document.findings.map(asGolden) }).toEqual(answer.body);
    expect(exit).toBe(expected.some((finding) => finding.severity === 'error') ? 3 : 0);
  });
});

interface Document {
  readonly findings: readonly Finding[];
}

// What `runward validate -o json` does, in this process.
async function validated(paths: readonly string[]): Promise<{ readonly exit: number; readonly document: Document }> {
  let stdout = '';
  const stream = { write: (text: string) => (stdout += text) };
  const [, , format] = FORMATS;
  const output = makeOutput({ format, quiet: true, colour: false, stdout: stream, stderr: { write: () => undefined }, env: {} });
  const session = { options: {}, output, format, project: GOLDEN_FOLDER, canAsk: false, timeoutMs: undefined };
  const exit = await validateDocuments(session, [paths], {});
  return { exit, document: JSON.parse(stdout) as Document };
}

// On the disk the files lie where this repository has them.
function asGolden(finding: Finding): Finding {
  const named = (file: string) => file.replace(/^.*test\/golden\//, '');
  return {
    ...finding,
    file: named(finding.file),
    message: finding.message.replace('test/golden/', ''),
    related: finding.related.map((place) => ({ ...place, file: named(place.file) })),
  };
}
