import { readFile } from 'node:fs/promises';
import { RunwardError } from '../engine/errors.ts';
import type { Verification } from '../engine/evidence/verify.ts';
import { verifyEvidence } from '../engine/evidence/verify.ts';
import { verdictSentence } from '../engine/evidence/verdict-sentence.ts';
import { evidenceCrypto } from './evidence-crypto.ts';
import { argument, textFlag } from './flags.ts';
import type { Flags } from './flags.ts';
import type { Session } from './program-options.ts';
import { plainText, toned } from './terminal.ts';

/** `evidence verify`: offline; exit code 0 when everything holds, 1 when anything does not. */
export async function verifyFile(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const path = argument(args, 0);
  const keyPath = textFlag(flags, 'key');
  const text = await readText(path);
  const verification = verifyEvidence(evidenceCrypto, text, keyPath === undefined ? undefined : await readText(keyPath));
  const { ok, checks, firstWrong, evidence } = verification;
  session.output.data({
    text: () => verificationText(verification, session.output.colour),
    json: {
      apiVersion: 'runward/v1',
      kind: 'Verification',
      outcome: ok ? 'succeeded' : 'failed',
      file: path,
      ...(firstWrong === undefined ? {} : { firstWrong }),
      checks,
    },
    lines: checks,
    names: [path],
  });
  if (ok && evidence !== undefined) session.output.say(`${evidence.run.title} #${evidence.run.number}: ${verdictSentence(evidence)}`);
  else session.output.warn(`${path} does NOT hold: do not rely on it. First wrong: ${plainText(firstWrong ?? '?')}`);
  return ok ? 0 : 1;
}

/** One line a check, then the deviations that a reader must know. */
export function verificationText(verification: Verification, colour: boolean): string {
  const lines = verification.checks.map(
    ({ ok, name, detail }) => `${toned(colour, ok ? 'good' : 'bad', ok ? 'ok   ' : 'WRONG')}  ${name.padEnd(9)}  ${plainText(detail)}`,
  );
  const deviations = verification.ok ? (verification.evidence?.deviations ?? []) : [];
  const notes = deviations.map(
    ({ step, text }) => `${toned(colour, 'warn', 'note ')}  ${plainText(step === undefined ? text : `${step}: ${text}`)}`,
  );
  return [...lines, ...notes].join('\n');
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new RunwardError('USAGE_FLAG', `${path} cannot be read`, {}, cause);
  });
}
