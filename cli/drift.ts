import type { DriftClass } from '../engine/dsc/drift-record.ts';
import type { DriftSeverity } from '../engine/dsc/instance.ts';
import type { DriftStatus } from '../engine/dsc/verdict.ts';
import { RunwardError } from '../engine/errors.ts';
import type { JsonObject, JsonValue } from '../engine/json.ts';
import { connect } from './api-client.ts';
import { argument, isOn, pairsOf, textFlag } from './flags.ts';
import type { Flags } from './flags.ts';
import { OUTCOMES } from './output.ts';
import type { Session } from './program-options.ts';
import { ageText, needsAscii, plainText, tableText } from './terminal.ts';

/** One machine and one document, as the API shows them. */
export interface DriftRow {
  readonly key: string;
  readonly target: string;
  readonly environment: string;
  readonly document: string;
  readonly parameters?: JsonObject;
  readonly status: DriftStatus;
  readonly since: string;
  readonly checkedAt: string;
  readonly run: string;
  readonly drifted: number;
  readonly unknown: number;
  readonly severity: DriftSeverity | 'none';
  readonly class?: DriftClass;
  readonly lastCompliantAt?: string;
  readonly evidence?: string;
  readonly message?: string;
}

interface DriftDetail extends DriftRow {
  readonly differences: readonly {
    readonly resource: string;
    readonly path: string;
    readonly desired: JsonValue;
    readonly actual?: JsonValue;
    readonly code: string;
    readonly phrase: string;
    readonly severity: string;
    readonly class: DriftClass;
    readonly persisting: boolean;
    readonly firstSeen: string;
  }[];
  readonly unobserved: readonly { readonly resource: string; readonly path: string; readonly code: string; readonly phrase: string }[];
  readonly resolved: readonly { readonly resource: string; readonly path: string; readonly by: string; readonly at: string }[];
  readonly checks: readonly { readonly at: string; readonly status: DriftStatus; readonly drifted: number; readonly unknown: number }[];
}

const UNKNOWN_EXIT = 1;
const DIFFERENT_EXIT = 3;
const CHECKS_SHOWN = 5;

/** `drift status`. */
export async function driftStatus(session: Session, _args: readonly unknown[], flags: Flags): Promise<number> {
  const document = textFlag(flags, 'document');
  const query = document === undefined ? '' : `?document=${encodeURIComponent(document)}`;
  const { items } = await (await connect(session)).get<{ readonly items: readonly DriftRow[] }>(`/drift${query}`);
  const exit = driftExit(items);
  printRows(session, items, exit);
  if (items.length === 0) session.output.say('no machine was checked yet. next: runward drift check');
  return isOn(flags, 'exitCode') ? exit : 0;
}

/** `drift show`. */
export async function showDrift(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const name = argument(args, 0);
  const client = await connect(session);
  const { items } = await client.get<{ readonly items: readonly DriftRow[] }>('/drift');
  const document = textFlag(flags, 'document');
  const values = Object.entries(parametersFrom(pairsOf(flags, 'parameters')));
  const found = items.filter(
    (row) =>
      row.target === name &&
      (document === undefined || row.document === document) &&
      values.every(([key, wanted]) => JSON.stringify(row.parameters?.[key]) === JSON.stringify(wanted)),
  );
  const [row, other] = found;
  if (row === undefined)
    throw new RunwardError('NOT_FOUND_DRIFT', `machine "${plainText(name)}" was never checked`, { next: 'runward drift status' });
  if (other !== undefined) {
    const given = Object.entries(row.parameters ?? {}).map(([key, each]) => ` -p ${key}=${plainText(JSON.stringify(each))}`);
    const sameDocument = found.every((each) => each.document === row.document);
    const what = sameDocument
      ? 'histories of this document, one for each set of parameters: choose one with -p'
      : 'documents: choose one with --document';
    throw new RunwardError('USAGE_FLAG', `${name} has ${found.length} ${what}`, {
      next: `runward drift show ${name} --document ${row.document}${given.join('')}`,
    });
  }
  const detail = await client.get<DriftDetail>(`/drift/targets/${row.key}`);
  const exit = driftExit([detail]);
  session.output.data({ text: () => shown(detail).join('\n'), json: { ...detail, outcome: OUTCOMES[exit] }, names: [detail.target] });
  return isOn(flags, 'exitCode') ? exit : 0;
}

/** 1 when something is not known, whatever else; 3 when something differs; else 0. */
export function driftExit(rows: readonly Pick<DriftRow, 'status' | 'unknown'>[]): number {
  if (rows.some((row) => row.status === 'unknown' || row.unknown > 0)) return UNKNOWN_EXIT;
  return rows.some((row) => row.status === 'drifted') ? DIFFERENT_EXIT : 0;
}

/** The table of machines and the sentence that counts them. */
export function printRows(session: Session, rows: readonly DriftRow[], exit: number): void {
  const hasParameters = rows.some((row) => row.parameters !== undefined);
  const headings = ['TARGET', 'STATUS', 'CLASS', 'SEVERITY', 'DRIFTED', 'UNKNOWN', 'SINCE', 'CHECKED', 'EVIDENCE'];
  const last = hasParameters ? ['PARAMETERS'] : [];
  session.output.data({
    text: () =>
      rows.length === 0
        ? ''
        : tableText(
            [...headings, ...last],
            rows.map((row) => [...cells(row), ...last.map(() => parametersText(row))]),
          ),
    json: { apiVersion: 'runward/v1', kind: 'DriftList', outcome: OUTCOMES[exit], items: rows },
    lines: rows,
    names: rows.map((row) => row.target),
  });
  if (rows.length > 0) session.output.say(summary(rows), exit === 0 ? 'good' : 'bad');
}

function summary(rows: readonly DriftRow[]): string {
  const count = (status: DriftStatus): number => rows.filter((row) => row.status === status).length;
  const unknown = count('unknown');
  const parts = [`${count('compliant')} compliant`, `${count('drifted')} drifted`, `${unknown} unknown`];
  const target = rows.length === 1 ? 'target' : 'targets';
  return `${rows.length} ${target}: ${parts.join(', ')}.${unknown > 0 ? ' Unknown is not compliant.' : ''}`;
}

function cells(row: DriftRow): readonly string[] {
  return [
    plainText(row.target),
    worded(row.status),
    row.class ?? '-',
    row.severity === 'none' ? '-' : row.severity,
    String(row.drifted),
    String(row.unknown),
    age(row.since),
    age(row.checkedAt),
    row.evidence?.slice(0, 8) ?? '-',
  ];
}

function shown(detail: DriftDetail): readonly string[] {
  const compliant = detail.lastCompliantAt === undefined ? 'never compliant' : `last compliant ${detail.lastCompliantAt}`;
  return [
    `${plainText(detail.target)} · ${detail.document}${detail.parameters === undefined ? '' : ` with ${parametersText(detail)}`} · ${worded(detail.status)} since ${detail.since} (${compliant})`,
    ...(detail.message === undefined ? [] : [`  not observed: ${plainText(detail.message)}`]),
    ...detail.differences.flatMap((one) => [
      `${plainText(one.resource)}   ${one.severity}   ${one.class}${one.persisting ? ', persisting' : ''} since ${one.firstSeen}`,
      `  ${one.path}   desired ${value(one.desired)}`,
      `  ${' '.repeat(one.path.length)}   actual  ${one.actual === undefined ? '-' : value(one.actual)}   ${one.code} · ${plainText(one.phrase)}`,
    ]),
    ...detail.unobserved.map((one) => `${plainText(one.resource)}   ? ${one.path} ${one.code} · ${plainText(one.phrase)}`),
    ...detail.resolved.map((one) => `${plainText(one.resource)} ${one.path}   resolved ${one.at} by ${one.by}`),
    ...detail.checks
      .slice(0, CHECKS_SHOWN)
      .map((check) => `checked ${check.at}   ${worded(check.status)}   ${check.drifted} different, ${check.unknown} not observed`),
    ...(detail.evidence === undefined ? [] : [`evidence ${detail.evidence}`]),
  ];
}

const MARKS: Readonly<Record<DriftStatus, readonly [mark: string, ascii: string]>> = {
  compliant: ['✓', 'ok'],
  drifted: ['✗', 'x'],
  unknown: ['?', '?'],
  notApplicable: ['–', '-'],
};

function worded(status: DriftStatus): string {
  const [mark, ascii] = MARKS[status];
  return `${needsAscii(process.env) ? ascii : mark} ${status}`;
}

/** Parameters as `name=value`; a value that is JSON is that, every other one is text. Throws USAGE_FLAG. */
export function parametersFrom(pairs: readonly string[]): JsonObject {
  return Object.fromEntries(
    pairs.map((pair) => {
      const cut = pair.indexOf('=');
      if (cut < 1) throw new RunwardError('USAGE_FLAG', `-p ${pair}: write name=value`);
      return [pair.slice(0, cut), valueOf(pair.slice(cut + 1))] as const;
    }),
  );
}

function valueOf(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

function parametersText({ parameters = {} }: Pick<DriftRow, 'parameters'>): string {
  const pairs = Object.entries(parameters).map(([name, given]) => `${plainText(name)}=${value(given ?? null)}`);
  return pairs.length === 0 ? '-' : pairs.join(' ');
}

function value(given: JsonValue): string {
  const text = plainText(JSON.stringify(given));
  return text.length <= 120 ? text : `${text.slice(0, 119)}…`;
}

function age(time: string): string {
  return ageText(Date.now() - Date.parse(time));
}
