import type { PlanReadiness, ReadinessFact } from '../api.ts';
import { plainText } from '../plain-text.ts';
import { factWord, readyWords } from '../words.ts';
import { StatusMark } from './status-mark.tsx';
import { Table } from './table.tsx';
import { Time } from './time.tsx';

const FACTS = ['protection', 'health', 'rpo', 'recovery_point', 'test_leftover', 'agent', 'disks', 'test_failover'] as const;

const WANTING = ['not_ready', 'unknown', 'at_risk'] as const;

/** A recovery plan, and below it each of its machines with every figure and its limit; open where something needs a look. */
export function PlanReadinessPart({ of, nowMs }: { readonly of: PlanReadiness; readonly nowMs: number }) {
  const { plan, ready, facts, machines } = of;
  const wanting = WANTING.flatMap((word) => {
    const count = machines.filter((machine) => machine.ready === word).length;
    return count === 0 ? [] : [`, ${count} ${readyWords(word).word}`];
  });
  const count = machines.length === 1 ? '1 machine' : `${machines.length} machines`;
  return (
    <details open={ready !== 'ready'}>
      <summary>
        Recovery plan {plainText(plan)} <StatusMark words={readyWords(ready)} /> {count}
        {wanting.join('')}
      </summary>
      <ul>
        {facts.map((fact) => (
          <li key={fact.fact}>
            {factWord(fact.fact)}: <Figure fact={fact} />
          </li>
        ))}
      </ul>
      <Table caption={`Machines of ${plan}`} columns={['Machine', 'Ready', ...FACTS.map(factWord), 'Read']}>
        {machines.map((machine) => (
          <tr key={machine.machine}>
            <td>{plainText(machine.machine)}</td>
            <td>
              <StatusMark words={readyWords(machine.ready)} />
              {machine.message !== undefined && <small>{plainText(machine.message)}</small>}
            </td>
            {FACTS.map((name) => (
              <td key={name}>
                <Figure fact={machine.facts.find(({ fact }) => fact === name)} />
              </td>
            ))}
            <td>{machine.at === undefined ? 'not yet' : <Read at={machine.at} run={machine.run} nowMs={nowMs} />}</td>
          </tr>
        ))}
      </Table>
    </details>
  );
}

function Figure({ fact }: { readonly fact: ReadinessFact | undefined }) {
  if (fact === undefined) return <>-</>;
  const { state, is, limit, message } = fact;
  const figure = limit === undefined || state === 'ready' ? is : `${is} of ${limit}`;
  if (state === 'ready') return <>{plainText(figure)}</>;
  return (
    <>
      <StatusMark words={{ ...readyWords(state), word: plainText(figure) }} />
      {message !== undefined && <small>{plainText(message)}</small>}
    </>
  );
}

function Read({ at, run, nowMs }: { readonly at: string; readonly run: number | undefined; readonly nowMs: number }) {
  const time = <Time at={at} nowMs={nowMs} />;
  return run === undefined ? time : <a href={`/runs/${run}`}>{time}</a>;
}
