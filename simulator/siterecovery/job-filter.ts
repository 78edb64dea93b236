import { armError } from '../arm-errors.ts';
import type { Answer } from '../route.ts';

interface ListedJob {
  readonly name: string;
  readonly properties: { readonly startTime: string; readonly state: string };
}

const KNOWN = ['startTime', 'endTime', 'jobStatus', 'jobName', 'fabricId', 'affectedObjectTypes'] as const;

/** The jobs that an OData filter of Site Recovery leaves; `eq` on the two times means a bound. An unknown or broken clause is refused. */
export function filterJobs(filter: string | null, jobs: readonly unknown[]): readonly unknown[] | Answer {
  const wanted = new Map<string, string>();
  for (const clause of (filter ?? '').split(/\s+and\s+/i).filter((text) => text.trim() !== '')) {
    const match = /^\(?\s*(\w+)\s+eq\s+'([^']*)'\s*\)?$/i.exec(clause.trim());
    const key = KNOWN.find((known) => known.toLowerCase() === match?.[1]?.toLowerCase());
    if (key === undefined) return armError(400, 'InvalidFilter', `The filter clause '${clause}' is not valid.`);
    wanted.set(key, match?.[2] ?? '');
  }
  const bound = (key: string): number | undefined => (wanted.has(key) ? Date.parse(wanted.get(key) ?? '') : undefined);
  const [fromMs, toMs] = [bound('startTime'), bound('endTime')];
  if (Number.isNaN(fromMs) || Number.isNaN(toMs)) return armError(400, 'InvalidFilter', 'A time of the filter is not a time.');
  const states = wanted.get('jobStatus')?.toLowerCase().split(',');
  const name = wanted.get('jobName')?.toLowerCase();
  return jobs.filter((body) => {
    const job = body as ListedJob;
    const startMs = Date.parse(job.properties.startTime);
    if (fromMs !== undefined && startMs < fromMs) return false;
    if (toMs !== undefined && startMs > toMs) return false;
    if (states !== undefined && !states.includes(job.properties.state.toLowerCase())) return false;
    return name === undefined || job.name === name;
  });
}
