import { readClauses, timeBounds } from './clauses.ts';
import { sites } from './item.ts';
import type { Answer } from '../route.ts';
import type { Vault } from '../world.ts';

interface ListedJob {
  readonly name: string;
  readonly properties: { readonly startTime: string; readonly state: string; readonly targetInstanceType: string | null };
}

const KNOWN = ['startTime', 'endTime', 'jobStatus', 'jobName', 'fabricId', 'affectedObjectTypes'] as const;

/** The jobs of a vault that an OData filter of Site Recovery leaves; `eq` on the two times means a bound. An unknown or broken clause is refused. */
export function filterJobs(vault: Vault, filter: string | null, jobs: readonly unknown[]): readonly unknown[] | Answer {
  const wanted = readClauses(filter, KNOWN);
  if ('status' in wanted) return wanted;
  const bounds = timeBounds(wanted.get('startTime'), wanted.get('endTime'));
  if ('status' in bounds) return bounds;
  const states = wanted.get('jobStatus')?.toLowerCase().split(',');
  const types = wanted.get('affectedObjectTypes')?.toLowerCase().split(',');
  const name = wanted.get('jobName')?.toLowerCase();
  const fabric = wanted.get('fabricId')?.toLowerCase().split('/').at(-1);
  return jobs.filter((body) => {
    const job = body as ListedJob;
    const startMs = Date.parse(job.properties.startTime);
    if (startMs < bounds.fromMs || startMs > bounds.toMs) return false;
    if (states !== undefined && !states.includes(job.properties.state.toLowerCase())) return false;
    if (types !== undefined && !types.includes(job.properties.targetInstanceType?.toLowerCase() ?? '')) return false;
    if (fabric !== undefined && fabricOf(vault, job.name)?.toLowerCase() !== fabric) return false;
    return name === undefined || job.name === name;
  });
}

/** The fabric that the object of a job lies under: a machine's own, or the one that its plan was made for. */
function fabricOf(vault: Vault, jobName: string): string | undefined {
  const id = vault.jobs.get(jobName)?.target.id;
  const item = [...vault.items.values()].find(({ guid }) => guid === id);
  if (item !== undefined) return sites(item.replication).fabric;
  return [...vault.plans.values()].find(({ guid }) => guid === id)?.sites.fabric;
}
