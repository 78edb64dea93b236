import { RunwardError } from '../engine/errors.ts';
import type { Severity } from '../engine/actions/action.ts';
import type { WaitingGate } from '../engine/gates/waiting-gate.ts';
import type { ApiClient } from './api-client.ts';
import { connect } from './api-client.ts';
import { confirmDanger } from './confirm.ts';
import { argument, given, isOn, pairsOf, textFlag } from './flags.ts';
import type { Flags } from './flags.ts';
import type { InputShapes } from './inputs.ts';
import { readInputs } from './inputs.ts';
import type { Session } from './program-options.ts';
import { ageText, plainText, tableText } from './terminal.ts';

type Approval = WaitingGate<InputShapes, Severity>;

/** `approval list`. */
export async function listApprovals(session: Session, _args: readonly unknown[], flags: Flags): Promise<number> {
  const client = await connect(session);
  const { items } = await client.get<{ readonly items: readonly Approval[] }>(`/approvals${isOn(flags, 'mine') ? '?mine=true' : ''}`);
  session.output.data({
    text: () =>
      items.length === 0
        ? 'nothing waits for a decision'
        : tableText(['APPROVAL', 'RUNBOOK', 'ENVIRONMENT', 'ASKS', 'YES', 'MINE', 'ENDS-IN'], items.map(rowOf)),
    json: { apiVersion: 'runward/v1', kind: 'ApprovalList', items },
    lines: items,
    names: items.map((item) => item.id),
  });
  const first = items.find((item) => item.mayDecide);
  if (first !== undefined) session.output.say(`next: runward approval show "${first.id}"`);
  return 0;
}

/** `approval show`. */
export async function showApproval(session: Session, args: readonly unknown[]): Promise<number> {
  const approval = await read(await connect(session), argument(args, 0));
  session.output.data({ text: () => shown(approval).join('\n'), json: approval, names: [approval.id] });
  if (approval.mayDecide) session.output.say(`next: runward approval approve "${approval.id}"`);
  return 0;
}

/** `approval approve` and `approval deny`: shows what is asked, confirms, and says it to the run, bound to its plan. */
export async function decide(
  session: Session,
  asked: { readonly word: 'approve' | 'deny'; readonly args: readonly unknown[]; readonly flags: Flags },
): Promise<number> {
  const { word, flags } = asked;
  const reason = textFlag(flags, 'reason');
  if (word === 'deny' && reason === undefined) throw new RunwardError('USAGE_FLAG', 'a denial needs --reason "…": it is final for the run');
  const client = await connect(session);
  const approval = await read(client, argument(asked.args, 0));
  const form = await formOf(flags, approval);
  for (const line of shown(approval)) session.output.say(line);

  const level = approval.severity === 'severe' && word === 'approve' ? 'severe' : 'moderate';
  const danger = { level, what: `${word} ${approval.id}`, name: approval.run.runbook } as const;
  const consent = await confirmDanger(session, danger, given({ confirm: textFlag(flags, 'confirm'), reason }));
  const answer = await send(client, approval, {
    word,
    body: given({ reason: consent.reason ?? reason, form, waive: textFlag(flags, 'waive') }),
  });
  session.output.data({
    text: () => `${approval.id}: ${word === 'approve' ? 'approved' : 'denied'}`,
    json: { apiVersion: 'runward/v1', kind: 'CommandAnswer', approval: approval.id, ...answer },
    names: [approval.id],
  });
  session.output.say(`next: runward run watch ${approval.run.number}`);
  return 0;
}

async function send(
  client: ApiClient,
  approval: Approval,
  said: { readonly word: 'approve' | 'deny'; readonly body: object },
): Promise<{ readonly position: number }> {
  if (approval.asks === 'manual') {
    const path = said.word === 'approve' ? 'done' : 'not-done';
    return client.post(`/runs/${approval.run.id}/steps/${approval.stepKey}/${path}`, said.body);
  }
  return client.post(`/approvals/${encodeURIComponent(approval.id)}/${said.word}`, { planHash: approval.planHash, ...said.body });
}

async function read(client: ApiClient, id: string): Promise<Approval> {
  if (!/^\d{1,15}\../.test(id))
    throw new RunwardError('USAGE_FLAG', `"${plainText(id)}" names no approval: write <run>.<step>, see runward approval list`);
  return client.get(`/approvals/${encodeURIComponent(id)}`);
}

async function formOf(flags: Flags, approval: Approval): Promise<object | undefined> {
  const pairs = pairsOf(flags, 'form');
  return pairs.length === 0 ? undefined : readInputs(pairs, undefined, approval.form);
}

function why({ reason, outageAt }: Approval['run']): readonly string[] {
  const words = [...(reason === undefined ? [] : [plainText(reason)]), ...(outageAt === undefined ? [] : [`outage since ${outageAt}`])];
  return words.length === 0 ? [] : [`  because: ${words.join(' · ')}`];
}

function shown(approval: Approval): readonly string[] {
  const { run } = approval;
  const asked =
    approval.asks === 'manual'
      ? 'manual step'
      : `${approval.decisions.filter((one) => one.answer === 'approve').length} of ${approval.need} said yes`;
  return [
    `${approval.id} · ${run.runbook} · ${approval.environment} · ${approval.severity} · plan ${approval.planHash.slice(0, 8)} · asked for by ${plainText(run.requester)}`,
    ...why(run),
    `  ${plainText(approval.message)}`,
    `  for ${approval.by.join(', ')} · ${asked}${approval.deadline === undefined ? '' : ` · until ${approval.deadline}`}`,
    ...approval.notReady.map(
      ({ check, message }) => `  ✗ readiness check ${check}: ${plainText(message)} · repair it, or waive it: --waive ${check} --reason "…"`,
    ),
    ...(approval.whyNot === undefined ? [] : [`  you may not decide: ${plainText(approval.whyNot)}`]),
  ];
}

function rowOf(item: Approval): readonly string[] {
  const yes = item.decisions.filter((one) => one.answer === 'approve').length;
  const left = item.deadline === undefined ? '-' : ageText(Date.parse(item.deadline) - Date.now());
  return [item.id, item.run.runbook, item.environment, item.asks, `${yes} of ${item.need}`, item.mayDecide ? 'yes' : 'no', left];
}
