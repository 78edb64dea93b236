import { RunwardError } from '../engine/errors.ts';
import type { RunRow } from '../engine/run/summary.ts';
import type { ApiClient } from './api-client.ts';
import { plainText } from './terminal.ts';

/** What the API takes for a run: `latest` becomes the number of the newest run, everything else stays. Throws USAGE_FLAG and NOT_FOUND_RUN. */
export async function resolveRun(client: Pick<ApiClient, 'get'>, reference: string): Promise<string> {
  if (reference === 'latest') {
    const { items } = await client.get<{ readonly items: readonly RunRow[] }>('/runs?limit=1');
    const newest = items[0];
    if (newest === undefined) throw new RunwardError('NOT_FOUND_RUN', 'there are no runs yet', { next: 'runward runbook list' });
    return String(newest.number);
  }
  if (/^(\d{1,15}|[0-9a-f-]{8,36})$/.test(reference)) return reference;
  throw new RunwardError(
    'USAGE_FLAG',
    `"${plainText(reference)}" names no run: give its number, its id, at least 8 characters of the id, or latest`,
  );
}
