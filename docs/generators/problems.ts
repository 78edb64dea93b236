import { ERRORS } from '../../engine/errors.ts';
import { RUN_WORDS } from '../../engine/run/run-state.ts';
import { code, page, table } from './markdown.ts';

const RETRY = {
  never: 'no: the same request gets the same answer',
  after: 'after the time that `Retry-After` names',
  backoff: 'yes, with growing pauses',
  reconcile: 'no: the engine first finds out what the request did',
} as const;

/** docs/reference/problems.md: every error code with its exit code, HTTP status and what may be done after it. */
export function problemsPage(): string {
  const rows = Object.entries(ERRORS).map(([name, row]) => [code(name), String(row.exit), String(row.http), RETRY[row.retry]]);
  const runs = Object.entries(RUN_WORDS).map(([state, words]) => [code(state), words.mark, words.ascii, String(words.exit)]);
  return page(
    'Problems and exit codes',
    'Every error has a stable code. The command line ends with its exit code; the API answers with its status as `application/problem+json` (RFC 9457), whose `type` is `urn:runward:problem:<code>`.',
    [
      table(['Code', 'Exit', 'HTTP', 'Repeat?'], rows),
      '## Exit codes of a watched run',
      'A command that waits for a run ends with the exit code of the state in which it stops waiting. The mark is what terminals show; the second one stands in where the locale is not UTF-8.',
      table(['State', 'Mark', 'ASCII', 'Exit'], runs),
    ],
  );
}
