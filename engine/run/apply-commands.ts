import type { InboxEntry } from '../store.ts';
import { moveStep, type RunChange } from './change.ts';
import { type Command, formOf, readCommand } from './command.ts';
import { controlChange, controlRefusal } from './control.ts';
import { ANSWERS, decisionRefusal } from './decision.ts';
import type { Holder } from './holder.ts';
import type { RunView, StepRecord } from './record.ts';
import { type Adoption, checkAdoption, resolveChange, resolveRefusal } from './resolve-step.ts';
import type { Engine } from './turn.ts';

/** Applies what people said to the run, in the order in which the store has it, each in a transition of its own. */
export async function applyCommands(engine: Engine, holder: Holder): Promise<void> {
  const open = holder.inbox().filter(({ position }) => position > holder.view().run.inboxPosition);
  for (const entry of open) {
    const command = readCommand(engine.ports.signer, holder.view().run, entry);
    const adoption = command?.kind === 'resolve' ? await checkAdoption(engine, holder, command) : undefined;
    await holder.commit((view, nowMs) => ({
      ...commandChange(engine, holder, { id: entry.id, command, adoption, view, nowMs }),
      inboxPosition: entry.position,
    }));
    if (command === undefined)
      engine.ports.log.error('a command without a valid signature was refused', { runId: holder.runId, commandId: entry.id });
  }
}

/** Reads commands that arrived since the claim. */
export async function fetchCommands(engine: Engine, holder: Holder): Promise<readonly InboxEntry[]> {
  const last = Math.max(holder.view().run.inboxPosition, ...holder.inbox().map(({ position }) => position));
  const entries = await engine.ports.store.readInbox(holder.runId, last);
  holder.takeInbox(entries);
  return entries;
}

interface Applying {
  readonly id: string;
  readonly command: Command | undefined;
  readonly adoption: Adoption;
  readonly view: RunView;
  readonly nowMs: number;
}

function commandChange(engine: Engine, holder: Holder, at: Applying): RunChange {
  const { command, view } = at;
  if (command === undefined) return { audit: [{ actor: 'engine', event: 'command.refused', data: { why: 'the signature is not valid' } }] };
  const said = (change: RunChange, data = {}): RunChange => ({
    ...change,
    audit: [
      {
        actor: command.by.name,
        event: `command.${command.kind}`,
        data: { by: command.by.id, ...('step' in command ? { step: command.step } : {}), ...data },
      },
    ],
  });
  const refused = (why: string): RunChange =>
    said(
      { events: [{ type: 'runward.command.refused', data: { commandId: at.id, command: command.kind, by: command.by.name, why } }] },
      { refused: why },
    );
  switch (command.kind) {
    case 'cancel':
    case 'pause':
    case 'resume': {
      const why = controlRefusal(view.run, command);
      if (why !== undefined) return refused(why);
      return said(controlChange({ plan: holder.plan, view, nowMs: at.nowMs }, command), reasonOf(command));
    }
    case 'approve':
    case 'deny':
    case 'done':
    case 'not_done': {
      const why = decisionRefusal(holder.plan, view, command);
      if (why !== undefined) return refused(why);
      return said(decided(view.steps.get(command.step) as StepRecord, view, command), { planHash: command.planHash });
    }
    case 'resolve': {
      const record = view.steps.get(command.step);
      const why = resolveRefusal(record, command, at.adoption);
      if (record === undefined || why !== undefined) return refused(why ?? 'there is no such step');
      const change = resolveChange(engine, view, { record, word: command, adoption: at.adoption, nowMs: at.nowMs });
      return said(change, {
        as: command.as,
        reason: command.reason,
        ...(command.operation === undefined ? {} : { operation: command.operation }),
      });
    }
  }
}

function reasonOf({ reason }: { readonly reason?: string | undefined }): { readonly reason?: string } {
  return reason === undefined ? {} : { reason };
}

function decided(record: StepRecord, view: RunView, command: Extract<Command, { planHash: string }>): RunChange {
  // A person may always stop an own request; a yes to it is what a reader must know of.
  const self = command.kind === 'approve' && command.by.id === view.run.requester.id;
  const decision = {
    by: command.by,
    answer: ANSWERS[command.kind],
    atMs: command.atMs,
    self,
    form: formOf(command),
    ...(command.reason === undefined ? {} : { reason: command.reason }),
    ...(command.kind !== 'approve' || command.waive === undefined ? {} : { waive: command.waive }),
  };
  const change = moveStep(
    record,
    'postponed',
    { decisions: [...(record.decisions ?? []), decision] },
    { data: { answer: decision.answer, by: command.by.name, self, ...('waive' in decision ? { waive: decision.waive } : {}) } },
  );
  return { steps: [change], ...(self ? { fields: { selfApproved: true } } : {}) };
}
