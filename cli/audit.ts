import { type AuditEntry, firstBreak } from '../engine/audit/chain.ts';
import { dateOf } from '../engine/language/instant.ts';
import { RunwardError } from '../engine/errors.ts';
import { type ApiClient, connect } from './api-client.ts';
import { evidenceCrypto } from './evidence-crypto.ts';
import { countFlag, type Flags } from './flags.ts';
import type { Session } from './program-options.ts';
import { plainText, tableText } from './terminal.ts';

interface AuditPage {
  readonly items: readonly AuditEntry[];
  readonly head?: { readonly seq: number; readonly hash: string };
}

const PAGE = 500;
const TEXT_MAX = 100;

/** `audit list`: newest first. */
export async function listAudit(session: Session, _args: readonly unknown[], flags: Flags): Promise<number> {
  const count = countFlag(flags, 'count', { flag: '-n', max: PAGE });
  const client = await connect(session);
  const { head } = await client.get<AuditPage>('/audit?limit=1');
  const after = Math.max(0, (head?.seq ?? 0) - count);
  const { items } = await client.get<AuditPage>(`/audit?after=${after}&limit=${count}`);
  const shown = items.toReversed();
  session.output.data({
    text: (wide) =>
      shown.length === 0
        ? 'no entries yet'
        : tableText(
            ['ENTRY', 'AT', 'BY', 'WHAT', 'ABOUT'],
            shown.map((entry) => [
              String(entry.seq),
              dateOf(entry.at).toISOString(),
              plainText(entry.actor),
              entry.event,
              aboutText(entry, wide),
            ]),
          ),
    json: { apiVersion: 'runward/v1', kind: 'AuditList', items: shown },
    lines: shown,
    names: shown.map(({ seq }) => String(seq)),
  });
  return 0;
}

/** `audit verify`: computes the whole chain again. Throws EVIDENCE_BROKEN. */
export async function verifyAudit(session: Session): Promise<number> {
  const { entries, head } = await wholeChain(await connect(session));
  const broken = firstBreak(evidenceCrypto.sha256, entries);
  if (broken !== undefined) throw new RunwardError('EVIDENCE_BROKEN', `entry ${broken.seq} of the audit chain: ${broken.why}`);
  if (entries.at(-1)?.hash !== head?.hash)
    throw new RunwardError('EVIDENCE_BROKEN', `the audit chain ends with entry ${entries.length}, and its head says ${head?.seq ?? 0}`);
  session.output.data({
    text: () => (head === undefined ? 'no entries yet' : `${entries.length} entries chained · head ${head.hash}`),
    json: {
      apiVersion: 'runward/v1',
      kind: 'AuditVerification',
      outcome: 'ok',
      entries: entries.length,
      ...(head === undefined ? {} : { head }),
    },
    names: head === undefined ? [] : [head.hash],
  });
  return 0;
}

/** Every entry up to the head as it was when reading began. */
async function wholeChain(client: ApiClient): Promise<{ readonly entries: readonly AuditEntry[]; readonly head: AuditPage['head'] }> {
  const { head } = await client.get<AuditPage>('/audit?limit=1');
  const end = head?.seq ?? 0;
  const entries: AuditEntry[] = [];
  while (entries.length < end) {
    const { items } = await client.get<AuditPage>(`/audit?after=${entries.length}&limit=${Math.min(PAGE, end - entries.length)}`);
    if (items.length === 0) break;
    entries.push(...items);
  }
  return { entries, head };
}

function aboutText({ data }: AuditEntry, wide: boolean): string {
  const runs = data['runs'];
  if (Array.isArray(runs)) {
    const numbers = runs.flatMap((run) => (typeof run === 'object' && run !== null && 'number' in run ? String(run['number']) : []));
    return cut(
      `${runs.length} ${runs.length === 1 ? 'run' : 'runs'} of readiness checks that newer ones replaced: ${numbers.join(', ')}`,
      wide,
    );
  }
  const parts = Object.entries(data).map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return cut(plainText(parts.join(' · ')), wide);
}

function cut(text: string, wide: boolean): string {
  return wide || text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX - 1)}…`;
}
