import type { AzureBackupItem } from '../azure-backup.ts';
import type { BackupState, BackupVerdict } from './recovery-state.ts';

/** What could be read about the backup of a machine: how its vault protects it, that none does, or why nothing is known. */
export type BackupRead =
  | { readonly kind: 'protected'; readonly item: AzureBackupItem }
  | { readonly kind: 'in_no_vault' }
  | { readonly kind: 'unread'; readonly message: string };

/** A machine with what was read, what was promised and when a restore of it was proved. Times are milliseconds since 1970. */
export interface BackupFacts {
  readonly read: BackupRead;
  /** The shortest promise of the runbooks that back the machine up; undefined where none promises anything. */
  readonly rpoMs: number | undefined;
  readonly testedAtMs: number | undefined;
  readonly nowMs: number;
}

/** How a machine is covered by backup. Without a recovery point it is not protected, whatever its vault says. */
export interface BackupCoverage {
  readonly state: BackupState;
  readonly message?: string;
  readonly policy?: string;
  readonly pointAtMs?: number;
  readonly ageMs?: number;
  readonly rpoMs?: number;
  readonly rpo: BackupVerdict;
  readonly lastBackup?: string;
  readonly testedAtMs?: number;
}

/** Judges one machine. What could not be read is `unknown`; a point that is older than was promised is `late`. */
export function judgeBackup({ read, rpoMs, testedAtMs, nowMs }: BackupFacts): BackupCoverage {
  const promised = rpoMs === undefined ? {} : { rpoMs };
  const tested = testedAtMs === undefined ? {} : { testedAtMs };
  const unmeasured = { rpo: 'not_measured', ...promised, ...tested } as const;
  if (read.kind === 'unread') return { state: 'unknown', message: read.message, ...unmeasured };
  if (read.kind === 'in_no_vault') return { state: 'unprotected', message: 'it is in no backup vault', ...unmeasured };

  const { protectionState, lastRecoveryPointAtMs: pointAtMs, lastBackupStatus, policyId } = read.item;
  const policy = policyId?.split('/').at(-1);
  const known = {
    ...(policy === undefined ? {} : { policy }),
    ...(lastBackupStatus === undefined ? {} : { lastBackup: lastBackupStatus }),
  };
  if (pointAtMs === undefined)
    return { state: 'unprotected', message: `it has no recovery point (${protectionState ?? 'no state'})`, ...known, ...unmeasured };
  const ageMs = Math.max(0, nowMs - pointAtMs);
  const rpo = verdictOf(ageMs, rpoMs);
  const measured = { pointAtMs, ageMs, rpo, ...promised, ...tested, ...known };
  if (protectionState !== 'Protected')
    return { state: 'unprotected', message: `no backup is made any more (${protectionState ?? 'no state'})`, ...measured };
  if (rpo !== 'met' && rpo !== 'not_measured')
    return { state: 'late', message: 'its newest recovery point is older than promised', ...measured };
  return { state: 'protected', ...measured };
}

/** Machines that need somebody first: unprotected, then unknown, then late; among the same by age of the point, the oldest first. */
export function byNeed(left: Pick<BackupCoverage, 'state' | 'ageMs'>, right: Pick<BackupCoverage, 'state' | 'ageMs'>): number {
  return ORDER.indexOf(left.state) - ORDER.indexOf(right.state) || (right.ageMs ?? Infinity) - (left.ageMs ?? Infinity) || 0;
}

const ORDER: readonly BackupState[] = ['unprotected', 'unknown', 'late', 'protected'];

// Of data it matters how much more would be lost than was promised.
function verdictOf(ageMs: number, rpoMs: number | undefined): BackupVerdict {
  if (rpoMs === undefined) return 'not_measured';
  if (ageMs <= rpoMs) return 'met';
  if (ageMs <= 2 * rpoMs) return 'exceeded';
  return ageMs <= 4 * rpoMs ? 'severe' : 'critical';
}
