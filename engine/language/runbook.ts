import type { JsonValue } from '../json.ts';
import type { Via } from '../target.ts';

/** Why a run is made; drives evidence, the recovery board and the level of confirmation. No document may say `readiness`: such a run makes the checks of a runbook alone. */
export type Purpose = 'operations' | 'backup' | 'restore-test' | 'drill' | 'failover' | 'failback' | 'drift' | 'readiness';

/** A 1-based place in the runbook's text; columns count Unicode code points. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Type of an input, a form field or an item of a list. */
export type InputType =
  | 'string'
  | 'integer'
  | 'number'
  | 'duration'
  | 'datetime'
  | 'array'
  | 'boolean'
  | 'object'
  | 'azure_id'
  | 'file'
  | 'secret';

/** Definition of one input. `default`, `enum`, `min` and `max` are as written (durations as text). */
export interface InputDefinition {
  readonly type: InputType;
  readonly description?: string;
  readonly default?: JsonValue;
  readonly enum?: readonly JsonValue[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly min?: JsonValue;
  readonly max?: JsonValue;
  readonly items?: InputDefinition;
  readonly fields?: Readonly<Record<string, InputDefinition>>;
  readonly resourceType?: string;
}

/** A machine written into a runbook or an inventory. */
export interface HostEntry {
  readonly name: string;
  readonly address?: string;
  readonly os?: 'linux' | 'windows';
  readonly via?: Via;
  readonly user?: string;
  readonly port?: number;
  readonly credential?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly id?: string;
}

/** Where the members of a target set come from. */
export type TargetSource =
  | { readonly kind: 'hosts'; readonly hosts: readonly HostEntry[] }
  | { readonly kind: 'inventory'; readonly name: string }
  | {
      readonly kind: 'azure';
      readonly subscriptions: readonly string[];
      readonly type: 'Microsoft.Compute/virtualMachines';
      readonly resourceGroups?: readonly string[];
      readonly locations?: readonly string[];
      /** Every one of these must be there with its value. */
      readonly tags: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'recovery_plan';
      readonly subscription: string;
      readonly resourceGroup: string;
      readonly vault: string;
      readonly name: string;
    };

/** Which members of a set are drawn. `count` and `seed` may hold `${{ }}`; without a seed each plan draws anew. */
export interface SampleRule {
  readonly count: number | string;
  readonly weight: 'none' | 'restore_test_age';
  readonly seed?: string;
}

/** A named selection of targets. `where` is bare CEL over target, inputs, vars. */
export interface TargetSet {
  readonly source: TargetSource;
  readonly where?: string;
  readonly max: number;
  readonly onEmpty: 'fail' | 'skip';
  readonly onUnreachable: 'fail' | 'record';
  readonly sample?: SampleRule;
  readonly at: Place;
}

/** Objective and clock: from the first attempt of step `start` (or the run's start) to the first success of step `stop`. */
export interface Objectives {
  readonly rtoMs?: number;
  readonly rpoMs?: number;
  readonly drillEveryMs?: number;
  readonly clock?: { readonly start: string; readonly stop?: string; readonly count: 'wall' | 'active' };
}

/** What a step does: exactly one of these. Values in `with`, `env`, `message` may hold `${{ }}`. */
export type StepBody =
  | { readonly kind: 'uses'; readonly action: string; readonly with: Readonly<Record<string, JsonValue>> }
  | {
      readonly kind: 'run';
      readonly script: string;
      readonly shell?: 'sh' | 'bash' | 'pwsh' | 'powershell';
      readonly env: Readonly<Record<string, JsonValue>>;
      readonly effect: 'read' | 'named' | 'guarded' | 'blind';
      readonly doneWhen?: string;
    }
  | {
      readonly kind: 'approval';
      readonly by: readonly string[];
      readonly need: number;
      readonly needFrom: readonly string[];
      readonly self: boolean;
      readonly timeoutMs: number;
      /** The author wrote no time-out: before severe steps it is shorter. */
      readonly timeoutIsDefault?: boolean;
      readonly onTimeout: 'stop' | 'skip';
      /** A reminder this long before the end; a quarter of the time-out where nothing is written. */
      readonly remindBeforeMs?: number;
      /** Whom to tell as well when nobody has decided for so long. */
      readonly escalate?: { readonly afterMs: number; readonly to: readonly string[] };
      readonly message: string;
      readonly form: Readonly<Record<string, InputDefinition>>;
    }
  | {
      readonly kind: 'manual';
      readonly by: readonly string[];
      readonly instructions: string;
      readonly form: Readonly<Record<string, InputDefinition>>;
      readonly timeoutMs: number;
    }
  | { readonly kind: 'wait'; readonly wait: { readonly duration: string } | { readonly untilTime: string } }
  | { readonly kind: 'assert'; readonly checks: readonly { readonly that: string; readonly message: string }[] }
  /** A child run of another runbook with a record of its own; `with` are its inputs. */
  | { readonly kind: 'call'; readonly runbook: string; readonly with: Readonly<Record<string, JsonValue>> }
  | { readonly kind: 'steps'; readonly steps: readonly Step[]; readonly finally: readonly Step[] }
  | { readonly kind: 'parallel'; readonly steps: readonly Step[]; readonly maxParallel: number; readonly finally?: readonly Step[] }
  /** Runs the rollbacks of an earlier step or block now; afterwards they are spent. */
  | { readonly kind: 'undo'; readonly step: string };

/** Whom a step is for: a set narrowed by bare CEL, or an expression that yields machines which this run produced. */
export type StepTarget =
  | { readonly kind: 'set'; readonly set: string; readonly where?: string }
  | { readonly kind: 'produced'; readonly expression: string };

/** A count or a share of the total. */
export type Share = { readonly count: number } | { readonly percent: number };

/** How a fan-out is cut. Empty `waves` is one wave; absent `maxParallel` is 10 for class read and 1 otherwise. */
export interface Rollout {
  readonly waves: readonly Share[];
  readonly maxParallel?: number;
  readonly maxFailures: Share;
  /** What happens once more items have failed than that; absent is `stop`. */
  readonly onExceeded?: 'stop' | 'pause' | 'rollback';
  readonly orderBy?: string;
  /** Steps after every wave but the last; they see `wave`, and their failure stops the rollout. */
  readonly afterWave?: readonly Step[];
}

/** Further attempts after a definite failure: delays in milliseconds, full jitter. */
export interface Retry {
  readonly attempts: number;
  readonly delayMs: number;
  readonly backoff: number;
  readonly maxDelayMs: number;
  readonly maxDurationMs?: number;
  readonly if?: string;
}

/**
 * What follows a failure. `rollback` undoes the enclosing block (on a block the block itself, on a fan-out the item); `rollback_run` the
 * whole run: it is what a top-level step takes from `on_failure: rollback` of its runbook.
 */
export type FailureWord = 'stop' | 'continue' | 'pause' | 'rollback' | 'rollback_run';

/** A word, or steps that run first and what follows them. A step that fails in there is `stop`. */
export type OnFailure = FailureWord | { readonly steps: readonly Step[]; readonly next: FailureWord | 'recover' | 'retry' };

/** One node of a runbook. Conditions and `outputs` are bare CEL. */
export interface Step {
  readonly id: string;
  readonly name: string;
  readonly body: StepBody;
  readonly if?: string;
  readonly needs: readonly string[];
  readonly target?: StepTarget;
  readonly forEach?: string;
  readonly as?: string;
  readonly rollout?: Rollout;
  readonly until?: { readonly condition: string; readonly everyMs: number; readonly timeoutMs: number };
  readonly successIf?: string;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly retry?: Retry;
  readonly timeoutMs?: number;
  readonly onFailure: OnFailure;
  /** Steps that undo this one, in the order in which they are written. */
  readonly rollback?: readonly Step[];
  /** False: a failed step is not undone although its request was sent. Absent is true. */
  readonly rollbackOnFailure?: boolean;
  /** Nobody has written this step: the action `of` names it as its undo. Arguments that are the `same` are taken over as they were used. */
  readonly ownUndo?: { readonly of: string; readonly same: readonly string[] };
  /** Named locks, held while the step is not ended. */
  readonly locks?: readonly string[];
  /** Calendars of a block: its changing steps start only while one of them is open. */
  readonly windows?: readonly string[];
  readonly atWindowClose?: AtWindowClose;
  readonly at: Place;
}

/** What becomes of started work when its window closes: items under way end and nothing new starts, or the started step or block goes on. */
export type AtWindowClose = 'hold' | 'finish';

/** A schedule as checked. Durations and instants are milliseconds. */
export interface ScheduleDefinition {
  readonly id: string;
  readonly cron: string;
  readonly timezone: string;
  /** How a day of month and a day of week that are both restricted are joined. */
  readonly dayMatch: 'and' | 'or';
  readonly inputs: Readonly<Record<string, JsonValue>>;
  readonly jitterMs: number;
  readonly overlap: 'skip' | 'queue' | 'allow';
  /** What becomes of slots that nobody looked at in time; `run` and `withinMs` follow from the runbook and the pattern where they are absent. */
  readonly missed: { readonly run?: 'none' | 'latest' | 'all'; readonly withinMs?: number; readonly max: number };
  readonly fromMs?: number;
  readonly untilMs?: number;
  readonly enabled: boolean;
  /** The schedule pauses after this many failed runs in a row. */
  readonly pauseAfterFailures?: number;
}

/** An address that a program may call to start a run: `inputs` are those that it may give, `set` are fixed and may hold `${{ }}`. */
export interface WebhookDefinition {
  readonly id: string;
  readonly inputs: readonly string[];
  readonly set: Readonly<Record<string, JsonValue>>;
}

/** A checked runbook: what a plan is made of. Durations are milliseconds. */
export interface Runbook {
  readonly name: string;
  readonly title: string;
  readonly owner: string;
  readonly description?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly links: readonly string[];
  readonly purposes: readonly Purpose[];
  readonly environment: string;
  readonly timeoutMs: number;
  /** Milliseconds for rollback and `finally` together. */
  readonly finallyTimeoutMs: number;
  /** What top-level steps do that do not say their own; absent is `stop`. */
  readonly onFailure?: OnFailure;
  readonly inputs: Readonly<Record<string, InputDefinition>>;
  readonly vars: Readonly<Record<string, JsonValue>>;
  readonly targets: Readonly<Record<string, TargetSet>>;
  readonly objectives?: Objectives;
  readonly readiness?: { readonly everyMs?: number; readonly checks: readonly Step[] };
  /** At most `limit` runs of all runbooks of the group at the same time. */
  readonly concurrency?: { readonly group: string; readonly limit: number; readonly onConflict: 'queue' | 'reject' };
  /** Named locks, held for the whole run. */
  readonly locks?: readonly string[];
  /** Calendars: changing steps start only while one of them is open. */
  readonly windows?: readonly string[];
  readonly atWindowClose?: AtWindowClose;
  /** A failover that freezes do not hold. */
  readonly freeze?: 'exempt';
  readonly steps: readonly Step[];
  readonly finally: readonly Step[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly manual: boolean;
  readonly schedules: readonly ScheduleDefinition[];
  readonly webhooks?: readonly WebhookDefinition[];
  readonly notify: readonly { readonly to: string; readonly when: readonly string[] }[];
}

/** A time in which changes may start: from each slot of the pattern for `durationMs` of elapsed time. */
export interface WindowDefinition {
  readonly cron: string;
  readonly timezone: string;
  readonly dayMatch: 'and' | 'or';
  readonly durationMs: number;
}

/** A time in which no change may start in these environments. Instants are milliseconds since 1970. */
export interface FreezeDefinition {
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: string;
  readonly environments: readonly string[];
}

/** A checked calendar. */
export interface Calendar {
  readonly name: string;
  readonly title: string;
  readonly windows: readonly WindowDefinition[];
  readonly freezes: readonly FreezeDefinition[];
}

/** A checked inventory: machines of one environment, defaults already applied. */
export interface Inventory {
  readonly name: string;
  readonly title: string;
  readonly environment: string;
  readonly hosts: readonly HostEntry[];
}
