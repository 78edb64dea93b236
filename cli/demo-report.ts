import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { verifyEvidence } from '../engine/evidence/verify.ts';
import type { ApiClient } from './api-client.ts';
import type { DrillEnd } from './demo-drill.ts';
import type { DemoLines } from './demo-lines.ts';
import { evidenceCrypto } from './evidence-crypto.ts';
import { verificationText } from './evidence-verify.ts';
import { clockText, measuredClockText } from './terminal.ts';

interface LedgerEntry {
  readonly at: string;
  readonly operation: string;
  readonly effect: string;
  readonly resource: string;
}

/** What the simulator itself counted: accepted test failovers and cleanups, and the most of one kind on one machine. */
export interface LedgerCount {
  readonly failovers: number;
  readonly cleanups: number;
  readonly twice: readonly string[];
}

/** Counts the effects since a drill was accepted (RFC 3339) in the simulator's own ledger. */
export function countLedger(entries: readonly LedgerEntry[], since: string): LedgerCount {
  const started = entries.filter(({ at, effect }) => effect === 'started' && Date.parse(at) >= Date.parse(since));
  const counts = new Map<string, number>();
  for (const { operation, resource } of started) {
    if (!/testFailover/i.test(operation)) continue;
    const name = `${operation} ${resource.split('/').at(-1) ?? resource}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const cleanups = [...counts.keys()].filter((name) => /cleanup/i.test(name)).length;
  return { failovers: counts.size - cleanups, cleanups, twice: [...counts].filter(([, count]) => count > 1).map(([name]) => name) };
}

/** Prints the verdict as measured, the ledger's count and the takeover. */
export function reportVerdict(lines: DemoLines, end: DrillEnd, ledger: LedgerCount): void {
  const { run } = end;
  const { rto, rpo } = run.objectives;
  const rtoText =
    rto === undefined
      ? []
      : [
          `RTO ${rto.elapsedMs === undefined ? '-' : measuredClockText(rto.elapsedMs)} of ${clockText(rto.targetMs)} ${rto.verdict.replace('_', ' ')}`,
        ];
  const rpoText =
    rpo === undefined
      ? []
      : [
          `RPO ${rpo.measuredMs === undefined ? '-' : measuredClockText(rpo.measuredMs)} of ${clockText(rpo.targetMs)} ${rpo.verdict.replace('_', ' ')}`,
        ];
  const reason = run.reason === undefined ? [] : [run.reason];
  lines.line('verdict', [run.status, ...rtoText, ...rpoText, ...reason].join(' · '), run.status === 'succeeded' ? 'good' : 'bad');
  const once = ledger.twice.length === 0 ? 'each counted once' : `COUNTED MORE THAN ONCE: ${ledger.twice.join(', ')}`;
  const killed = end.killedDuring === undefined ? '' : `, although the worker was killed during ${end.killedDuring}`;
  lines.line(
    'ledger',
    `the simulator accepted ${ledger.failovers} test failovers and ${ledger.cleanups} cleanups: ${once}${killed}`,
    ledger.twice.length === 0 ? 'good' : 'bad',
  );
}

/** Writes the evidence beside the demo's data, verifies it as `runward evidence verify` does, and prints both. Answers whether it holds. */
export async function reportEvidence(
  lines: DemoLines,
  client: ApiClient,
  at: { readonly run: DrillEnd['run']; readonly dir: string; readonly colour: boolean },
): Promise<boolean> {
  await mkdir(at.dir, { recursive: true });
  const name = `${at.run.number}-${at.run.runbook}.evidence`;
  const signed = await client.download(`/runs/${at.run.id}/evidence?format=json`);
  const page = await client.download(`/runs/${at.run.id}/evidence?format=html`);
  await writeFile(join(at.dir, `${name}.json`), signed.text);
  await writeFile(join(at.dir, `${name}.html`), page.text);
  const shown = relative(process.cwd(), join(at.dir, name));
  lines.line('evidence', `${shown}.json, and as a page ${shown}.html`);
  const verification = verifyEvidence(evidenceCrypto, signed.text);
  lines.line('verified', `runward evidence verify ${shown}.json says:`);
  lines.more(verificationText(verification, at.colour));
  return verification.ok;
}
