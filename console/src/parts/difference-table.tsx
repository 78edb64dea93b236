import type { JsonValue } from '../../../engine/json.ts';
import type { DriftTarget } from '../api.ts';
import { plainText } from '../plain-text.ts';
import { DRIFT_WORDS } from '../words.ts';
import { StatusMark } from './status-mark.tsx';
import { Table } from './table.tsx';
import { Time } from './time.tsx';

interface Props {
  readonly targets: readonly DriftTarget[];
  readonly nowMs: number;
  readonly caption: string;
}

/** What differs on which machine, and what could not be observed there: one row a property. */
export function DifferenceTable({ targets, nowMs, caption }: Props) {
  return (
    <Table caption={caption} columns={['Machine', 'Resource', 'Property', 'State', 'Desired', 'Actual', 'Class', 'First seen']}>
      {targets.flatMap((target) => [
        ...target.differences.map((one) => (
          <tr key={`${target.key} ${one.resource} ${one.path}`}>
            <td>
              <a href={`/drift/${target.key}`}>{plainText(target.target)}</a>
            </td>
            <td>{plainText(one.resource)}</td>
            <td>
              <code class="property">{one.path === '' ? '/' : plainText(one.path)}</code>
            </td>
            <td>
              <StatusMark words={DRIFT_WORDS.drifted} /> <small>{plainText(one.phrase)}</small>
            </td>
            <td>
              <code>{valueText(one.desired)}</code>
            </td>
            <td>
              <code>{one.actual === undefined ? 'absent' : valueText(one.actual)}</code>
            </td>
            <td>
              {one.class} · {one.severity}
              {one.persisting && ' · persisting'}
            </td>
            <td>
              <Time at={one.firstSeen} nowMs={nowMs} />
            </td>
          </tr>
        )),
        ...target.unobserved.map((one) => (
          <tr key={`${target.key} ${one.resource} ${one.path} not observed`}>
            <td>
              <a href={`/drift/${target.key}`}>{plainText(target.target)}</a>
            </td>
            <td>{plainText(one.resource)}</td>
            <td>
              <code class="property">{one.path === '' ? '/' : plainText(one.path)}</code>
            </td>
            <td>
              <StatusMark words={DRIFT_WORDS.unknown} /> <small>{plainText(one.phrase)}</small>
            </td>
            <td>-</td>
            <td>not observed</td>
            <td>-</td>
            <td>-</td>
          </tr>
        )),
      ])}
    </Table>
  );
}

function valueText(value: JsonValue): string {
  return plainText(typeof value === 'string' ? value : JSON.stringify(value));
}
