import type { Code } from '../codes.ts';
import type { CheckedRunbook } from '../load.ts';
import type { Inventory } from '../runbook.ts';

/** What rules know beyond one runbook. What is absent is not known here, and rules about it are silent. */
export interface LintProject {
  readonly runbooks: readonly CheckedRunbook[];
  readonly inventories: ReadonlyMap<string, Inventory>;
  /** Names of the runbooks that some test file names. */
  readonly tested?: ReadonlySet<string>;
  /** How many people are in a group, by its name. */
  readonly groupSizes?: ReadonlyMap<string, number>;
  /** Milliseconds since 1970; rules about clocks look at the two years after it. */
  readonly nowMs: number;
}

/** One thing that is allowed and mostly a mistake. */
export interface LintRule {
  readonly code: Code;
  /** Reports each place in a runbook that it finds. */
  readonly check: (linted: CheckedRunbook, project: LintProject) => void;
}
