import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { QUESTIONS } from '../../cli/azure/questions.ts';
import { code, page, table } from './markdown.ts';
import { type Proof, PROOFS } from './proofs.ts';

/** What `npm run azure:conformance -- DIR RESULT` has written: one line for each operation that it drove. */
interface Conformance {
  readonly operations: readonly {
    readonly operation: string;
    readonly published: boolean;
    readonly requests: number;
    readonly statuses: readonly number[];
    readonly problems: number;
  }[];
  readonly recordedFacts: { readonly compared: number; readonly held: number };
}

/** docs/explanation/what-was-proven.md: for each call to Azure what was proven, by what, and what only a real subscription can show. */
export function whatWasProvenPage(): string {
  const result = JSON.parse(readFileSync(join(import.meta.dirname, 'azure-conformance.json'), 'utf8')) as Conformance;
  const { recordedFacts } = result;
  const rows = Object.entries(PROOFS)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([kind, proof]) => [
      code(kind),
      code(proof.operation),
      test(proof.simulator),
      contractOf(proof),
      publishedOf(proof, result),
      proof.recorded ?? 'nothing',
      (proof.open ?? []).join(' ') || 'see below',
    ]);
  return page(
    'What was proven about Azure, and what was not',
    [
      '**Nothing of this release was run against a real subscription.** This page says, for each call that the engine can make to Azure, what stands behind it: ',
      'a test against the simulated Azure, the published description of the API, or recordings of real traffic that others have published. ',
      'The last column names what only a real subscription can show. It is written from the table of calls, the result of the conformance run and a table of tests; a call without a line fails the build.',
    ].join(''),
    [
      '## What the columns mean',
      [
        '- **Simulator**: the test carries the call out, inside an action, against the simulator. It proves that engine and simulator agree. The simulator shares no code with the engine, but the same people wrote both: a wrong belief about Azure can stand on both sides.',
        '- **Exact form**: a test against a TLS server holds the request (method, path, version, body, one request on the wire) or the reading of the answer to its exact form.',
        `- **Published**: the request of the official SDK and the answer of the simulator were both valid by Microsoft's published description of the API. "Not published" means that no description was at hand. The run drove ${result.operations.length} operations with ${result.operations.reduce((sum, { problems }) => sum + problems, 0)} problems; statuses are those that were seen.`,
        `- **Recorded**: shapes in public recordings of real sessions of Microsoft's own tools were compared with the simulator in the same state: ${recordedFacts.held} of ${recordedFacts.compared} facts hold. A recording shows what Azure answered once.`,
        '- **Open**: rows of the next table. "See below" means none of its own: what holds for all calls holds for it.',
      ].join('\n'),
      '## Call by call',
      table(['Call', 'Operation', 'Simulator', 'Exact form', 'Published', 'Recorded', 'Open'], rows),
      '## What only a real subscription can show',
      'Until a row is confirmed the engine behaves as the third column says, which is the safe side. `runward conformance azure` answers the rows that name a scenario, in a sandbox of yours; for the others there is no scenario yet.',
      table(
        ['Row', 'Question', 'Taken for true', 'Asked by'],
        QUESTIONS.map(({ id, question, byDefault, scenario }) => [
          id,
          question,
          byDefault,
          scenario === undefined ? 'nothing yet' : code(scenario),
        ]),
      ),
      [
        'For all calls alike a real subscription alone shows: that the custom roles are accepted and suffice; how long operations take; how often Azure is busy and says so;',
        'that a machine comes up, and its data with it; what support, quotas and regions add. API versions of Network, Traffic Manager, Alerts and Authorization are those of their documentation and were not compared with a description.',
      ].join('\n'),
    ],
  );
}

function test(file: string): string {
  return `[${file.split('/').at(-1)?.replace('.test.ts', '') ?? file}](../../${file})`;
}

function contractOf({ contract }: Proof): string {
  return contract === undefined ? 'no test of its own' : test(contract);
}

function publishedOf({ operation }: Proof, { operations }: Conformance): string {
  const found = operations.find((one) => one.operation === operation);
  if (found === undefined) return 'not driven';
  if (!found.published) return 'not published';
  return found.problems === 0 ? `valid: ${found.statuses.join(' ')}` : `${found.problems} problems`;
}
