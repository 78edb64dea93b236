import type { PlanView } from '../api.ts';
import { plainText } from '../plain-text.ts';

const ROLES = { rollback: 'only to undo it', on_failure: 'only if it fails' } as const;

/** A plan as people read it: one row a step with what it may do. */
export function PlanTable({ plan }: { readonly plan: PlanView }) {
  const { counts } = plan;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keys
    <div class="wide" role="region" aria-label="Plan" tabIndex={0}>
      <table>
        <caption>
          Plan {plan.planHash.slice(0, 12)} · {plan.severity} · {plan.environment} · {counts.READ} read, {counts.MUTATES} mutate,{' '}
          {counts.UNKNOWN} unknown, {counts.GATE} gates
        </caption>
        <thead>
          <tr>
            <th scope="col">Effect</th>
            <th scope="col">Step</th>
            <th scope="col">Action</th>
            <th scope="col" class="n">
              Targets
            </th>
          </tr>
        </thead>
        <tbody>
          {plan.steps.map((row) => (
            <tr key={`${row.section} ${row.path}`}>
              <td>{row.kind}</td>
              <td>
                {plainText(row.name)} {row.role !== undefined && <small>{ROLES[row.role]}</small>}{' '}
                {row.note !== undefined && <small>{plainText(row.note)}</small>}
              </td>
              <td>
                <code>{row.action}</code>
              </td>
              <td class="n">{row.targets ?? '-'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {plan.notes.map((note) => (
        <p key={note} class="dim">
          {plainText(note)}
        </p>
      ))}
    </div>
  );
}
