import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RunwardError } from '../engine/errors.ts';
import { verifyEvidence } from '../engine/evidence/verify.ts';
import { connect } from './api-client.ts';
import { evidenceCrypto } from './evidence-crypto.ts';
import { argument, textFlag } from './flags.ts';
import type { Flags } from './flags.ts';
import type { Session } from './program-options.ts';
import { resolveRun } from './run-reference.ts';

/** `evidence export`: writes the signed file and its page, and verifies what was received before anybody relies on it. */
export async function exportEvidence(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const client = await connect(session);
  const run = encodeURIComponent(await resolveRun(client, argument(args, 0)));
  const signed = await client.download(`/runs/${run}/evidence?format=json`);
  const verification = verifyEvidence(evidenceCrypto, signed.text);
  if (!verification.ok) {
    throw new RunwardError(
      'EVIDENCE_BROKEN',
      `what the server sent does not verify: ${verification.firstWrong ?? '?'}; nothing was written`,
    );
  }
  const page = await client.download(`/runs/${run}/evidence?format=html`);
  const dir = textFlag(flags, 'dir') ?? '.';
  await mkdir(dir, { recursive: true });
  const files: string[] = [];
  for (const [download, fallback] of [
    [signed, `${run}.evidence.json`],
    [page, `${run}.evidence.html`],
  ] as const) {
    const path = join(dir, basename(download.name ?? fallback));
    await writeFile(path, download.text);
    files.push(path);
  }
  session.output.data({
    text: () => files.join('\n'),
    json: { apiVersion: 'runward/v1', kind: 'EvidenceFiles', files, verified: true },
    lines: files,
    names: files,
  });
  session.output.say(`verified: ${verification.checks.length} checks, with the key inside the file`);
  session.output.say(`next: runward evidence verify ${files[0] ?? ''}`);
  return 0;
}
