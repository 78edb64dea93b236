import { armError } from '../arm-errors.ts';
import type { Answer } from '../route.ts';

interface ListedJob {
  readonly properties: {
    readonly startTime: string;
    readonly operation: string;
    readonly status: string;
    readonly backupManagementType: string;
  };
}

const JOB_KEYS = ['startTime', 'endTime', 'operation', 'status', 'backupManagementType'] as const;

/** The jobs that an OData filter of Backup leaves; `eq` on a time is a bound, and both bounds come together. */
export function filterBackupJobs(filter: string | null, jobs: readonly unknown[]): readonly unknown[] | Answer {
  const wanted = clausesOf(filter, JOB_KEYS);
  if ('status' in wanted) return wanted;
  const { startTime, endTime, operation, status, backupManagementType } = wanted.clauses;
  const fromMs = usTime(startTime);
  const toMs = usTime(endTime);
  if (Number.isNaN(fromMs) || Number.isNaN(toMs) || (fromMs === undefined) !== (toMs === undefined))
    return armError(400, 'BMSUserErrorInvalidInput', 'Input provided for the call is invalid');
  const same = (one: string, other: string | undefined): boolean => other === undefined || one.toLowerCase() === other.toLowerCase();
  return jobs.filter((body) => {
    const job = (body as ListedJob).properties;
    const startMs = Date.parse(job.startTime);
    if ((fromMs !== undefined && startMs < fromMs) || (toMs !== undefined && startMs > toMs)) return false;
    return same(job.operation, operation) && same(job.status, status) && same(job.backupManagementType, backupManagementType);
  });
}

/** Whether a point's time lies in the window that an OData filter of recovery points names. */
export function pointWindow(filter: string | null): ((atMs: number) => boolean) | Answer {
  const wanted = clausesOf(filter, ['startDate', 'endDate']);
  if ('status' in wanted) return wanted;
  const fromMs = usTime(wanted.clauses.startDate) ?? -Infinity;
  const toMs = usTime(wanted.clauses.endDate) ?? Infinity;
  return (atMs) => atMs >= fromMs && atMs <= toMs;
}

interface Listed {
  readonly properties: Readonly<Record<string, unknown>>;
}

const KIND_KEYS = ['backupManagementType', 'workloadType', 'friendlyName', 'status'] as const;

/** What an OData filter of policies, protectable items or containers leaves; where it is needed, it names how they are managed. */
export function kindFilter(filter: string | null, { needed }: { readonly needed: boolean }): ((body: unknown) => boolean) | Answer {
  const wanted = clausesOf(filter, KIND_KEYS);
  if ('status' in wanted) return wanted;
  const { status, ...clauses } = wanted.clauses;
  if (needed && clauses.backupManagementType === undefined)
    return armError(400, 'BMSUserErrorInvalidInput', 'The filter must name a backupManagementType.');
  const asked = Object.entries({ ...clauses, registrationStatus: status }).filter(([, value]) => value !== undefined);
  return (body) => asked.every(([key, value]) => String((body as Listed).properties[key]).toLowerCase() === value?.toLowerCase());
}

/** The kind of summary that an OData filter names, as `kinds` spells it. */
export function summaryFilter(filter: string | null, kinds: readonly string[]): string | Answer {
  const wanted = clausesOf(filter, ['type']);
  if ('status' in wanted) return wanted;
  const kind = kinds.find((each) => each.toLowerCase() === wanted.clauses.type?.toLowerCase());
  return kind ?? armError(400, 'BMSUserErrorInvalidInput', `The filter must name a type: ${kinds.join(' or ')}.`);
}

function clausesOf<Key extends string>(
  filter: string | null,
  keys: readonly Key[],
): { readonly clauses: Readonly<Partial<Record<Key, string>>> } | Answer {
  const clauses: Partial<Record<Key, string>> = {};
  for (const clause of (filter ?? '').split(/\s+and\s+/i).filter((text) => text.trim() !== '')) {
    const match = /^(\w+)\s+eq\s+'([^']*)'$/i.exec(clause.trim());
    const key = keys.find((known) => known.toLowerCase() === match?.[1]?.toLowerCase());
    if (key === undefined) return armError(400, 'BMSUserErrorInvalidInput', `The filter clause '${clause}' is not valid.`);
    clauses[key] = match?.[2] ?? '';
  }
  return { clauses };
}

/** Milliseconds of `2026-11-24 10:00:00 PM`, which is UTC; NaN when the text is something else. */
function usTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, day, hour, rest, half] = /^(\d{4}-\d{2}-\d{2}) (\d{2}):(\d{2}:\d{2}) (AM|PM)$/.exec(text) ?? [];
  if (day === undefined || hour === undefined || Number(hour) < 1 || Number(hour) > 12) return Number.NaN;
  const hours = (Number(hour) % 12) + (half === 'PM' ? 12 : 0);
  return Date.parse(`${day}T${String(hours).padStart(2, '0')}:${rest}Z`);
}
