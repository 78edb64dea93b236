import type { StepKey } from '../ids.ts';
import type { InboxEntry } from '../store.ts';
import { moveStep, type RunChange } from './change.ts';
import { type Command, formOf, readCommand } from './command.ts';
import { controlChange, controlRefusal } from './control.ts';
import { ANSWERS, decisionRefusal } from './decision.ts';
import type { Holder } from './holder.ts';
import type { RunView, StepRecord } from './record.ts';
import type { Engine } from './turn.ts';

/** Applies what people said to the run, in the order in which the store has it, each in a transition of its own. */
export async function applyCommands(engine: Engine, holder: Holder): Promise<void> {
  const open = holder.inbox().filter(({ position }) => position > holder.view().run.inboxPosition);
  for (const entry of open) {
    const command = readCommand(engine.ports.signer, holder.view().run, entry);
    await holder.commit((view, nowMs) => ({
      ...commandChange(engine, holder, { id: entry.id, command, view, nowMs }),
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
      if (record?.state !== 'unknown') return refused('the step is not unknown');
      return said(resolved(engine, view, { record, command }), { as: command.as, reason: command.reason });
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
  };
  const change = moveStep(
    record,
    'postponed',
    { decisions: [...(record.decisions ?? []), decision] },
    { data: { answer: decision.answer, by: command.by.name, self } },
  );
  return { steps: [change], ...(self ? { fields: { selfApproved: true } } : {}) };
}

function resolved(
  engine: Engine,
  view: RunView,
  at: { readonly record: StepRecord; readonly command: Extract<Command, { kind: 'resolve' }> },
): RunChange {
  const { record, command } = at;
  const others = [...view.steps.values()].some((other) => other.state === 'unknown' && other.path !== record.path);
  const reason = `${command.by.name}: ${command.reason}`;
  const again = {
    generation: record.generation + 1,
    attempt: 1,
    send: 1,
    key: engine.ports.ids.uuid5(view.run.runId, record.path, '0', String(record.generation + 1)) as StepKey,
  };
  const step =
    command.as === 'succeeded'
      ? moveStep(record, 'resolved_happened', { reason })
      : command.as === 'failed'
        ? moveStep(record, 'resolved_not_happened', { reason, error: { kind: 'target', message: `resolved as not happened by ${reason}` } })
        : moveStep(
            record,
            'resolved_again',
            { ...again, reason },
            { drop: ['handle', 'ended', 'deadlineAtMs', 'firstIntentAtMs', 'notBeforeMs', 'verifySinceMs'] },
          );
  return { steps: [step], ...(view.run.state === 'unknown' && !others ? { event: 'resolved', fields: { reason: null } } : {}) };
}
