import { catalogue } from '../../simulator/faults/deeds.ts';
import { FAULT_SETS } from '../../simulator/faults/sets.ts';
import { PLANTS } from '../../simulator/plants.ts';
import { code, fence, page, table } from './markdown.ts';

const EXAMPLE = `curl -H "authorization: Bearer $(cat STATE/control-token)" CONTROL/control/faults -d '{
  "match": { "operation": "ReplicationRecoveryPlans_TestFailover" }, "when": "duringJob",
  "do": { "failJob": { "code": "AllocationFailed", "only": ["db-02"] } } }'`;

/** docs/reference/faults.md: what the simulator can be told to do wrong. */
export function faultsPage(): string {
  const kinds = catalogue().map(({ do: kind, parameters, when, jobs, says }) => [
    code(kind),
    Object.keys(parameters).map(code).join(', '),
    when.length === 0 ? 'stands' : when.join(', '),
    says,
    jobs === undefined ? '-' : jobs.join(', '),
  ]);
  const sets = Object.entries(FAULT_SETS).map(([name, { says, faults }]) => [code(name), says, String(faults.length)]);
  const plants = Object.entries(PLANTS).map(([name, says]) => [name, says]);
  return page(
    'Faults of the simulator',
    'A fault is armed with `POST /control/faults` or `--faults FILE`: `match` names operation, resource, principal and nth; `times`, `probability` (seeded) and `until` bound it. A kind that "stands" takes no `when`. `GET /control/faults/catalogue` has the same as JSON, with the schema of each parameter.',
    [
      fence('sh', EXAMPLE),
      table(['do', 'Parameters', 'When', 'What is seen', 'Jobs'], kinds),
      '## Sets\n\n`POST /control/fault-sets/NAME` arms one, `DELETE /control/faults/NAME` takes it back.',
      table(['Set', 'What happens', 'Faults'], sets),
      '## Planted behaviours\n\n`--plant NAME` switches one wrong behaviour on, so that a test can show that it would notice.',
      table(['Name', 'Wrong behaviour'], plants),
    ],
  );
}
