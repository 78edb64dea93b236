import { createInterface } from 'node:readline/promises';
import type { Severity } from '../engine/actions/action.ts';
import { RunwardError } from '../engine/errors.ts';
import type { Session } from './program-options.ts';

/** What is about to happen, and what must be typed where it is severe. */
export interface Danger {
  readonly level: Severity;
  /** Sentence without a question mark, for example `start shop-drill in production`. */
  readonly what: string;
  /** The runbook's or object's name. */
  readonly name: string;
}

/** What a person or a script said in advance. */
export interface Consent {
  readonly confirm?: string;
  readonly reason?: string;
}

/**
 * Asks for what the danger needs and returns what the server must be told. Moderate: y/N, or --yes. Severe: the name typed, or
 * --confirm=name with --reason. Throws USAGE_NO_TTY when nobody can be asked, USAGE_FLAG and USAGE_CONFIRM when the answer does not fit.
 */
export async function confirmDanger(session: Session, danger: Danger, consent: Consent): Promise<Consent> {
  switch (danger.level) {
    case 'mild':
      return consent;
    case 'moderate':
      await confirmModerate(session, danger);
      return consent;
    case 'severe':
      return confirmSevere(session, danger, consent);
  }
}

async function confirmModerate(session: Session, danger: Danger): Promise<void> {
  if (session.options.yes === true) return;
  if (!session.canAsk) throw new RunwardError('USAGE_NO_TTY', `nobody can be asked here: pass --yes to ${danger.what}`);
  const answer = await ask(session, `${danger.what}? [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new RunwardError('USAGE_CONFIRM', 'not confirmed: everything is as it was');
}

async function confirmSevere(session: Session, danger: Danger, consent: Consent): Promise<Consent> {
  if (consent.confirm !== undefined && consent.confirm !== danger.name) {
    throw new RunwardError('USAGE_CONFIRM', `--confirm must be ${danger.name}: everything is as it was`);
  }
  if (consent.confirm !== undefined && consent.reason !== undefined) return consent;
  if (session.options.yes === true && consent.confirm === undefined) {
    throw new RunwardError('USAGE_FLAG', `--yes does not confirm what is severe: pass --confirm=${danger.name} and --reason "…"`);
  }
  if (!session.canAsk) {
    throw new RunwardError('USAGE_NO_TTY', `nobody can be asked here: pass --confirm=${danger.name} and --reason "…" to ${danger.what}`);
  }
  const reason = consent.reason ?? (await ask(session, 'Reason: ')).trim();
  if (reason === '') throw new RunwardError('USAGE_CONFIRM', 'a reason is needed: everything is as it was');
  const typed = (await ask(session, `Type ${danger.name} to ${danger.what} (Ctrl-C leaves everything as it is): `)).trim();
  if (typed !== danger.name) throw new RunwardError('USAGE_CONFIRM', 'the name does not match: everything is as it was');
  return { confirm: danger.name, reason };
}

/** Asks one question on stderr, so that stdout stays data. */
async function ask(session: Session, question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: session.output.stderr as NodeJS.WritableStream });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}
