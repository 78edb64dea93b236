import { connect } from './api-client.ts';
import { argument } from './flags.ts';
import type { Session } from './program-options.ts';
import { plainText, tableText } from './terminal.ts';

interface RunbookRow {
  readonly name: string;
  readonly title: string;
  readonly owner: string;
  readonly purposes: readonly string[];
  readonly environment: string;
  readonly path: string;
  readonly digest: string;
}

interface RunbookView extends RunbookRow {
  readonly text: string;
  readonly inputs: { readonly required?: readonly string[]; readonly properties?: Readonly<Record<string, InputView>> };
  readonly findings: readonly { readonly code: string; readonly line: number; readonly column: number; readonly message: string }[];
}

interface InputView {
  readonly type?: unknown;
  readonly description?: string;
  readonly default?: unknown;
}

/** `runbook list`. */
export async function listRunbooks(session: Session): Promise<number> {
  const client = await connect(session);
  const { items } = await client.get<{ readonly items: readonly RunbookRow[] }>('/runbooks');
  const rows = items.map((item) => [item.name, item.purposes.join(','), item.environment, item.owner, item.digest.slice(0, 8), item.title]);
  session.output.data({
    text: () =>
      items.length === 0 ? 'no runbooks are published' : tableText(['RUNBOOK', 'AS', 'ENVIRONMENT', 'OWNER', 'DIGEST', 'TITLE'], rows),
    json: { apiVersion: 'runward/v1', kind: 'RunbookList', items },
    lines: items,
    names: items.map((item) => item.name),
  });
  if (items[0] !== undefined) session.output.say(`next: runward plan ${items[0].name}`);
  return 0;
}

/** `runbook show`. */
export async function showRunbook(session: Session, args: readonly unknown[]): Promise<number> {
  const client = await connect(session);
  const runbook = await client.get<RunbookView>(`/runbooks/${encodeURIComponent(argument(args, 0))}`);
  session.output.data({ text: () => shown(runbook).join('\n'), json: runbook, names: [runbook.name] });
  session.output.say(`next: runward plan ${runbook.name}`);
  return 0;
}

function shown(runbook: RunbookView): readonly string[] {
  const inputs = Object.entries(runbook.inputs.properties ?? {}).map(([name, input]) => [
    name,
    typeof input.type === 'string' ? input.type : '-',
    runbook.inputs.required?.includes(name) === true ? 'yes' : 'no',
    input.default === undefined ? '-' : JSON.stringify(input.default),
    input.description?.split('\n')[0] ?? '-',
  ]);
  return [
    `${runbook.name} · ${plainText(runbook.title)} · ${runbook.purposes.join(', ')} · ${runbook.environment} · ${runbook.path} · ${runbook.digest.slice(0, 8)}`,
    ...(inputs.length === 0 ? ['no inputs'] : [tableText(['INPUT', 'TYPE', 'REQUIRED', 'DEFAULT', 'DESCRIPTION'], inputs)]),
    ...runbook.findings.map((one) => plainText(`${one.code} ${one.line}:${one.column} ${one.message}`)),
    '',
    ...runbook.text.trimEnd().split('\n').map(plainText),
  ];
}
