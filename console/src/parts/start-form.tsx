import { useRef, useState } from 'preact/hooks';
import type { RunSummary } from '../../../engine/run/summary.ts';
import type { PlanView, RunbookDetail } from '../api.ts';
import { ApiProblem, post } from '../api.ts';
import { go } from '../router.ts';
import { textOf } from './decision-dialog.tsx';
import { InputFields, readFields } from './input-fields.tsx';
import { PlanTable } from './plan-table.tsx';
import { Problem } from './problem.tsx';

/** Two steps: make a plan and read it, then start exactly that plan. */
export function StartForm({ runbook }: { readonly runbook: RunbookDetail }) {
  const [plan, setPlan] = useState<PlanView>();
  const [problem, setProblem] = useState<ApiProblem>();
  const [busy, setBusy] = useState(false);
  const key = useRef('');

  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
    } finally {
      setBusy(false);
    }
  };
  const makePlan = (form: HTMLFormElement): Promise<void> =>
    attempt(async () => {
      const given = new FormData(form);
      const as = given.get('as');
      const body = {
        runbook: runbook.name,
        inputs: readFields(runbook.inputs, given),
        ...(typeof as === 'string' && as !== '' ? { as } : {}),
      };
      setPlan(await post<PlanView>('/plans', body, crypto.randomUUID()));
      key.current = crypto.randomUUID();
    });
  return (
    <>
      <form
        onInput={() => setPlan(undefined)}
        onSubmit={(event) => {
          event.preventDefault();
          void makePlan(event.currentTarget);
        }}
      >
        <InputFields schema={runbook.inputs} />
        {runbook.purposes.length > 1 && (
          <label>
            Purpose
            <select name="as">
              {runbook.purposes.map((purpose) => (
                <option key={purpose}>{purpose}</option>
              ))}
            </select>
          </label>
        )}
        <p class="buttons">
          <button type="submit" class={plan === undefined ? 'primary' : ''} disabled={busy}>
            {busy && plan === undefined ? 'Planning…' : 'Make a plan'}
          </button>
          <span class="dim">reads Azure and changes nothing</span>
        </p>
      </form>
      <Problem problem={problem} />
      {plan !== undefined && (
        <>
          <PlanTable plan={plan} />
          <ConfirmStart plan={plan} busy={busy} onStart={(words) => attempt(() => startRun(plan, words, key.current))} />
        </>
      )}
    </>
  );
}

interface Words {
  readonly reason: string;
  readonly confirm: string;
}

async function startRun(plan: PlanView, { reason, confirm }: Words, key: string): Promise<void> {
  const body = { planHash: plan.planHash, ...(reason === '' ? {} : { reason }), ...(confirm === '' ? {} : { confirm }) };
  const run = await post<RunSummary>('/runs', body, key);
  go(`/runs/${run.number}`);
}

interface ConfirmProps {
  readonly plan: PlanView;
  readonly busy: boolean;
  readonly onStart: (words: Words) => Promise<void>;
}

function ConfirmStart({ plan, busy, onStart }: ConfirmProps) {
  const severe = plan.severity === 'severe';
  const submit = (form: HTMLFormElement): void => {
    const given = new FormData(form);
    void onStart({ reason: textOf(given, 'reason').trim(), confirm: textOf(given, 'confirm') });
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit(event.currentTarget);
      }}
    >
      <label>
        Reason{!severe && ' (optional)'}
        <textarea name="reason" rows={2} maxLength={2000} required={severe} />
      </label>
      {severe && (
        <label>
          This plan is severe. Type the name of the runbook: {plan.runbook}
          <input name="confirm" required autoComplete="off" />
        </label>
      )}
      <p class="buttons">
        <button type="submit" class={severe ? 'danger' : 'primary'} disabled={busy}>
          Start this plan
        </button>
      </p>
    </form>
  );
}
