/** What the drills of a runbook prove now. Only `proven` is good news. */
export type Proof = 'proven' | 'changed' | 'overdue' | 'failed' | 'never';

/** Whether something could be carried out now, as far as its checks tell. `not_ready` outranks `unknown`, then come `at_risk` and `ready`. */
export type ReadyWord = 'ready' | 'at_risk' | 'not_ready' | 'unknown';

/** What is looked at of each machine of a recovery plan. */
export type MachineFact = 'protection' | 'health' | 'rpo' | 'recovery_point' | 'test_leftover' | 'agent' | 'disks' | 'test_failover';

/** What is looked at of a recovery plan beside its machines. */
export type PlanFact = 'allowed' | 'scenario' | 'protected';

/** What a check said when it was made last. Nothing but `passed` is good news; `skipped` had nothing to look at. */
export type CheckState = 'passed' | 'failed' | 'unknown' | 'skipped';

interface Word {
  readonly mark: string;
  readonly ascii: string;
  readonly word: string;
}

/** Mark and word of what drills prove. */
export const PROOF_WORDS = {
  proven: { mark: '✓', ascii: 'ok', word: 'proven' },
  changed: { mark: '?', ascii: '?', word: 'changed' },
  overdue: { mark: '⧗', ascii: 't', word: 'overdue' },
  failed: { mark: '✗', ascii: 'x', word: 'failed' },
  never: { mark: '?', ascii: '?', word: 'never' },
} as const satisfies Record<Proof, Word>;

/** Mark and word of readiness. */
export const READY_WORDS = {
  ready: { mark: '✓', ascii: 'ok', word: 'ready' },
  at_risk: { mark: '!', ascii: '!', word: 'at risk' },
  not_ready: { mark: '✗', ascii: 'x', word: 'not ready' },
  unknown: { mark: '?', ascii: '?', word: 'unknown' },
} as const satisfies Record<ReadyWord, Word>;

const WORST_FIRST: readonly ReadyWord[] = ['not_ready', 'unknown', 'at_risk', 'ready'];

/** The worst of several words; of none, nothing is known. */
export function worstOf(words: readonly ReadyWord[]): ReadyWord {
  return WORST_FIRST.find((word) => words.includes(word)) ?? 'unknown';
}

/** What is looked at, as people call it. */
export const FACT_WORDS = {
  protection: 'protection',
  health: 'health',
  rpo: 'RPO now',
  recovery_point: 'newest point',
  test_leftover: 'left over',
  agent: 'agent',
  disks: 'disks',
  test_failover: 'last test',
  allowed: 'allows',
  scenario: 'under way',
  protected: 'protected',
} as const satisfies Record<MachineFact | PlanFact, string>;

/** Mark and word of one check. */
export const CHECK_WORDS = {
  passed: { mark: '✓', ascii: 'ok', word: 'passed' },
  failed: { mark: '✗', ascii: 'x', word: 'failed' },
  unknown: { mark: '?', ascii: '?', word: 'unknown' },
  skipped: { mark: '–', ascii: '-', word: 'skipped' },
} as const satisfies Record<CheckState, Word>;

/** Whether a machine could be restored from a backup that is young enough. Nothing but `protected` is good news. */
export type BackupState = 'protected' | 'late' | 'unprotected' | 'unknown';

/** The age of the newest recovery point against what was promised: up to twice is `exceeded`, up to four times `severe`. */
export type BackupVerdict = 'met' | 'exceeded' | 'severe' | 'critical' | 'not_measured';

/** Mark and word of how a machine is backed up. */
export const BACKUP_WORDS = {
  protected: { mark: '✓', ascii: 'ok', word: 'protected' },
  late: { mark: '✗', ascii: 'x', word: 'late' },
  unprotected: { mark: '✗', ascii: 'x', word: 'unprotected' },
  unknown: { mark: '?', ascii: '?', word: 'unknown' },
} as const satisfies Record<BackupState, Word>;
