import { readClauses, timeBounds } from './clauses.ts';
import type { Answer } from '../route.ts';

interface ListedJob {
  readonly name: string;
  readonly properties: { readonly startTime: string; readonly state: string };
}

const KNOWN = ['startTime', 'endTime', 'jobStatus', 'jobName', 'fabricId', 'affectedObjectTypes'] as const;

/** The jobs that an OData filter of Site Recovery leaves; `eq` on the two times means a bound. An unknown or broken clause is refused. */
export function filterJobs(filter: string | null, jobs: readonly unknown[]): readonly unknown[] | Answer {
  const wanted = readClauses(filter, KNOWN);
  if ('status' in wanted) return wanted;
  const bounds = timeBounds(wanted.get('startTime'), wanted.get('endTime'));
  if ('status' in bounds) return bounds;
  const states = wanted.get('jobStatus')?.toLowerCase().split(',');
  const name = wanted.get('jobName')?.toLowerCase();
  return jobs.filter((body) => {
    const job = body as ListedJob;
    const startMs = Date.parse(job.properties.startTime);
    if (startMs < bounds.fromMs || startMs > bounds.toMs) return false;
    if (states !== undefined && !states.includes(job.properties.state.toLowerCase())) return false;
    return name === undefined || job.name === name;
  });
}
