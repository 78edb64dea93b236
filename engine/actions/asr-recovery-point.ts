import type { AzureRecoveryPoint } from '../azure-calls.ts';

/** Which recovery point a machine starts from. */
export const RECOVERY_POINTS = ['latest', 'latest-processed', 'latest-application-consistent', 'latest-crash-consistent'] as const;

export type RecoveryPointChoice = (typeof RECOVERY_POINTS)[number];

/** What is asked of Azure: a given point, the latest data (no id is sent), or nothing because no point fits. */
export type ChosenPoint =
  | { readonly kind: 'point'; readonly point: AzureRecoveryPoint }
  | { readonly kind: 'latest' }
  | { readonly kind: 'none'; readonly message: string };

/** Picks from the points of an item, which stand newest first. */
export function choosePoint(choice: RecoveryPointChoice, points: readonly AzureRecoveryPoint[]): ChosenPoint {
  if (choice === 'latest') return { kind: 'latest' };
  const point = points.find((candidate) => KINDS[choice] === undefined || candidate.kind.toLowerCase() === KINDS[choice]);
  if (point) return { kind: 'point', point };
  const wanted =
    choice === 'latest-processed' ? 'a' : choice === 'latest-application-consistent' ? 'an application-consistent' : 'a crash-consistent';
  return { kind: 'none', message: `there is not ${wanted} recovery point among ${points.length}` };
}

const KINDS: Readonly<Record<Exclude<RecoveryPointChoice, 'latest'>, string | undefined>> = {
  'latest-processed': undefined,
  'latest-application-consistent': 'applicationconsistent',
  'latest-crash-consistent': 'crashconsistent',
};
