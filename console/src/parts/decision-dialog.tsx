import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { JsonObject } from '../../../engine/json.ts';
import { ApiProblem, post } from '../api.ts';
import { Dialog } from './dialog.tsx';
import { InputFields, readFields } from './input-fields.tsx';
import { Problem } from './problem.tsx';

/** One thing that a person can say to a run. `children` tell what it will do. */
export interface Decision {
  readonly title: string;
  readonly path: string;
  readonly body: JsonObject;
  readonly button: string;
  readonly tone?: 'danger';
  readonly reason: 'required' | 'optional';
  /** Fields to fill in, as JSON Schema. */
  readonly form?: JsonObject;
  /** Answers of which one is chosen, each with its consequence and what is sent for it; `ask` names the operation that must be typed with it. */
  readonly choices?: readonly Choice[];
  /** The name that must be typed for what is severe. */
  readonly confirm?: string;
  readonly consequence: ComponentChildren;
}

/** One answer of several. */
export interface Choice {
  readonly value: string;
  readonly text: string;
  readonly fields: JsonObject;
  readonly ask?: string;
}

interface Props {
  readonly decision: Decision;
  readonly onClose: () => void;
  /** Told what the server answered. */
  readonly onSent: (answer: unknown) => void;
}

/** Asks for what a decision needs and sends it; what was typed stays when the server refuses. */
export function DecisionDialog({ decision, onClose, onSent }: Props) {
  // One key for all tries: a repetition after a lost answer must not be a second decision.
  const key = useRef(crypto.randomUUID());
  const [problem, setProblem] = useState<ApiProblem>();
  const [busy, setBusy] = useState(false);

  const send = async (form: HTMLFormElement): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      onSent(await post<unknown>(decision.path, bodyOf(decision, form), key.current));
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      // A refused body may be sent again in another form, which the old key does not stand for.
      if (error.status > 0) key.current = crypto.randomUUID();
      setProblem(error);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Dialog title={decision.title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send(event.currentTarget);
        }}
      >
        <div class="consequence">{decision.consequence}</div>
        <Choices choices={decision.choices} />
        {decision.form !== undefined && <InputFields schema={decision.form} />}
        <label>
          Reason{decision.reason === 'optional' && ' (optional)'}
          <textarea name="reason" rows={2} maxLength={2000} required={decision.reason === 'required'} />
        </label>
        {decision.confirm !== undefined && (
          <label>
            Type {decision.confirm} to confirm
            <input name="confirm" required autocomplete="off" pattern={decision.confirm.replaceAll(/[^\w-]/g, '.')} />
          </label>
        )}
        <Problem problem={problem} />
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Close
          </button>
          <button type="submit" class={decision.tone ?? 'primary'} disabled={busy}>
            {busy ? 'Sending…' : decision.button}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Choices({ choices }: { readonly choices: Decision['choices'] }) {
  if (choices === undefined) return null;
  return (
    <fieldset>
      <legend>What is true</legend>
      {choices.map(({ value, text, ask }) => (
        <div key={value}>
          <label class="choice">
            <input type="radio" name="as" value={value} required /> <span>{text}</span>
          </label>
          {ask !== undefined && (
            <label>
              {ask}
              <input name={`operation ${value}`} autocomplete="off" />
            </label>
          )}
        </div>
      ))}
    </fieldset>
  );
}

function bodyOf(decision: Decision, form: HTMLFormElement): JsonObject {
  const given = new FormData(form);
  const reason = textOf(given, 'reason').trim();
  const chosen = decision.choices?.find(({ value }) => value === textOf(given, 'as'));
  const operation = chosen?.ask === undefined ? '' : textOf(given, `operation ${chosen.value}`).trim();
  const fields = decision.form === undefined ? {} : readFields(decision.form, given);
  return {
    ...decision.body,
    ...(reason === '' ? {} : { reason }),
    ...chosen?.fields,
    ...(operation === '' ? {} : { operation }),
    ...(decision.confirm === undefined ? {} : { confirm: textOf(given, 'confirm').trim() }),
    ...(Object.keys(fields).length === 0 ? {} : { form: fields }),
  };
}

/** A text field of a form; empty when it is not there. */
export function textOf(given: FormData, name: string): string {
  const value = given.get(name);
  return typeof value === 'string' ? value : '';
}
