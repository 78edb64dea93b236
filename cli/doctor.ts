import { RunwardError } from '../engine/errors.ts';
import type { ApiClient } from './api-client.ts';
import { connect } from './api-client.ts';
import type { Session } from './program-options.ts';
import type { DoctorFinding as Finding } from './finding-table.ts';
import { doctorOutcome, findingTable } from './finding-table.ts';
import { plainText } from './terminal.ts';

const NODE_MAJOR_MIN = 24;
const CLOCK_APART_MS = 5000;

/** `doctor`: exit code 1 when something fails, 0 otherwise. */
export async function examine(session: Session): Promise<number> {
  const findings: Finding[] = [node()];
  const client = await chosenServer(session, findings);
  if (client !== undefined) findings.push(...(await examineServer(client)));
  const outcome = doctorOutcome(findings);
  session.output.data({
    text: () => findingTable(findings),
    json: { apiVersion: 'runward/v1', kind: 'Doctor', outcome, checks: findings },
    lines: findings,
    names: findings.filter((finding) => finding.status !== 'ok').map((finding) => finding.check),
  });
  return outcome === 'failed' ? 1 : 0;
}

function node(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= NODE_MAJOR_MIN) return { status: 'ok', check: 'node', detail: process.versions.node };
  return {
    status: 'fail',
    check: 'node',
    detail: `${process.versions.node} is too old`,
    repair: `use Node ${NODE_MAJOR_MIN} or newer: npx runward uses the pinned one`,
  };
}

async function chosenServer(session: Session, findings: Finding[]): Promise<ApiClient | undefined> {
  try {
    return await connect(session);
  } catch (error) {
    findings.push({ status: 'fail', check: 'server', detail: messageOf(error), repair: 'runward demo, or --server URL' });
    return undefined;
  }
}

async function examineServer(client: ApiClient): Promise<readonly Finding[]> {
  const alive = await attempt('server', async () => {
    const { status, clockMs } = await client.probe('/livez');
    if (status !== 200)
      return { status: 'fail', detail: `${client.baseUrl} answers ${status}`, repair: 'is this the address of a runward server?' };
    const apartMs = clockMs === undefined ? 0 : Math.abs(Date.now() - clockMs);
    if (apartMs > CLOCK_APART_MS)
      return {
        status: 'warn',
        detail: `${client.baseUrl} · clocks ${Math.round(apartMs / 1000)} s apart`,
        repair: 'set the clock of this computer or of the server',
      };
    return { status: 'ok', detail: client.baseUrl };
  });
  if (alive.status === 'fail') return [alive];
  return [
    alive,
    await attempt('ready', async () => {
      const { status, body } = await client.probe('/readyz');
      if (status === 200) return { status: 'ok', detail: 'store and signing key answer' };
      return { status: 'fail', detail: failuresOf(body), repair: 'look at the log of the server' };
    }),
    await attempt('sign-in', async () => {
      await client.get('/runs?limit=1');
      return { status: 'ok', detail: 'runs can be read' };
    }),
    await attempt('workers', async () => {
      const { items } = await client.get<{ readonly items: readonly { readonly ready: boolean }[] }>('/workers');
      const ready = items.filter((item) => item.ready).length;
      if (ready > 0) return { status: 'ok', detail: `${ready} ready` };
      return { status: 'fail', detail: 'no worker lives: accepted runs wait', repair: 'runward worker start' };
    }),
  ];
}

async function attempt(check: string, look: () => Promise<Omit<Finding, 'check'>>): Promise<Finding> {
  try {
    return { check, ...(await look()) };
  } catch (error) {
    const repair =
      error instanceof RunwardError && error.code.startsWith('ACCESS_') ? { repair: 'pass --token-file PATH or set RUNWARD_TOKEN' } : {};
    return { check, status: 'fail', detail: messageOf(error), ...repair };
  }
}

function failuresOf(body: string): string {
  try {
    const { failed } = JSON.parse(body) as { readonly failed?: readonly { readonly check: string; readonly meaning: string }[] };
    return (failed ?? []).map((one) => `${one.check}: ${one.meaning}`).join('; ') || 'not ready';
  } catch {
    return 'not ready';
  }
}

function messageOf(error: unknown): string {
  return plainText(error instanceof Error ? error.message : String(error));
}
