import { formatDuration } from '../engine/language/duration.ts';
import { BACKUP_WORDS, type BackupState, type BackupVerdict } from '../engine/recovery/recovery-state.ts';
import { byNeed } from '../engine/recovery/backup-coverage.ts';
import { type ApiClient, connect } from './api-client.ts';
import { type Flags, isOn, textFlag } from './flags.ts';
import { OUTCOMES } from './output.ts';
import type { Session } from './program-options.ts';
import { ageText, needsAscii, plainText, tableText } from './terminal.ts';

interface Machine {
  readonly machine: string;
  readonly state: BackupState;
  readonly message?: string;
  readonly policy?: string;
  readonly lastBackup?: string;
  readonly pointAt?: string;
  readonly ageMs?: number;
  readonly rpoMs?: number;
  readonly rpo: BackupVerdict;
  readonly restoreTestAt?: string;
}

interface Coverage {
  readonly items: readonly Machine[];
  readonly unread: readonly { readonly subscription: string; readonly message: string }[];
  readonly next?: string;
}

const DIFFERENT_EXIT = 3;
const UNKNOWN_EXIT = 1;

/** `backup status` and `backup coverage`: the same machines, with what is done to them or with what is promised. */
export async function showBackups(
  session: Session,
  { view, flags }: { readonly view: 'status' | 'coverage'; readonly flags: Flags },
): Promise<number> {
  const { items, unread } = await everyPage(await connect(session));
  const target = textFlag(flags, 'target');
  const shown = items.filter(({ machine }) => target === undefined || machine === target);
  const exit = coverageExit({ items: shown, unread });
  session.output.data({
    text: () => (shown.length === 0 ? '' : view === 'status' ? statusText(shown) : coverageText(shown, Date.now())),
    json: { apiVersion: 'runward/v1', kind: 'BackupCoverage', outcome: OUTCOMES[exit], items: shown, unread },
    lines: shown,
    names: shown.map(({ machine }) => machine),
  });
  for (const { subscription, message } of unread)
    session.output.say(`the machines of subscription ${subscription} are not known: ${plainText(message)}`, 'bad');
  if (shown.length === 0)
    session.output.say(target === undefined ? 'no published runbook names a subscription' : `no machine "${target}" was found`);
  else session.output.say(summary(shown), exit === 0 ? 'good' : 'bad');
  return isOn(flags, 'exitCode') ? exit : 0;
}

/** All machines, who needs somebody first: each page is sorted by itself, so they are merged by the same order. */
async function everyPage(client: ApiClient): Promise<Coverage> {
  const pages: Coverage[] = [];
  for (let next: string | undefined = ''; next !== undefined; next = pages.at(-1)?.next) {
    pages.push(await client.get<Coverage>(`/backup/coverage${next === '' ? '' : `?after=${encodeURIComponent(next)}`}`));
  }
  return { items: pages.flatMap(({ items }) => items).toSorted(byNeed), unread: pages[0]?.unread ?? [] };
}

/** 1 when something is not known; 3 when a machine is unprotected, late, was never restored, or nobody has promised anything for it; else 0. */
export function coverageExit({ items, unread }: Coverage): number {
  if (unread.length > 0 || items.some(({ state }) => state === 'unknown')) return UNKNOWN_EXIT;
  const isCovered = ({ state, rpo, restoreTestAt }: Machine): boolean =>
    state === 'protected' && rpo === 'met' && restoreTestAt !== undefined;
  return items.every(isCovered) ? 0 : DIFFERENT_EXIT;
}

function statusText(items: readonly Machine[]): string {
  const rows = items.map((item) => [
    item.machine,
    stateCell(item.state),
    item.policy ?? '-',
    item.lastBackup ?? '-',
    item.pointAt === undefined ? '-' : `${item.pointAt.slice(0, 16).replace('T', ' ')}Z`,
    item.message ?? '-',
  ]);
  return tableText(['MACHINE', 'STATE', 'POLICY', 'LAST-BACKUP', 'LAST-POINT', 'WHY'], rows);
}

function coverageText(items: readonly Machine[], nowMs: number): string {
  const rows = items.map((item) => [
    item.machine,
    stateCell(item.state),
    item.ageMs === undefined ? '?' : ageText(item.ageMs),
    item.rpoMs === undefined ? 'not measured' : `${formatDuration(item.rpoMs)} ${item.rpo.replace('_', ' ')}`,
    item.restoreTestAt === undefined ? '? never' : `${item.restoreTestAt.slice(0, 10)} ${ageText(nowMs - Date.parse(item.restoreTestAt))}`,
    item.message ?? '-',
  ]);
  return tableText(['MACHINE', 'STATE', 'POINT-AGE', 'RPO', 'RESTORE-TEST', 'WHY'], rows);
}

function summary(items: readonly Machine[]): string {
  const count = (state: BackupState): number => items.filter((item) => item.state === state).length;
  const never = items.filter(({ restoreTestAt }) => restoreTestAt === undefined).length;
  const states = (['unprotected', 'unknown', 'late', 'protected'] as const).map((state) => `${count(state)} ${BACKUP_WORDS[state].word}`);
  return `${items.length} machines: ${states.join(', ')}; ${never} never restored.`;
}

function stateCell(state: BackupState): string {
  const { mark, ascii, word } = BACKUP_WORDS[state];
  return `${needsAscii(process.env) ? ascii : mark} ${word}`;
}
