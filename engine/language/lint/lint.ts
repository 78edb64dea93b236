import type { Finding } from '../diagnostics.ts';
import type { DocumentFile } from '../guard.ts';
import { type Loaded, loadDocuments, type LoadOptions } from '../load.ts';
import { crowdedMinute } from './crowded-minute.ts';
import { emptyQuestion } from './empty-question.ts';
import { failoverWithoutReadiness } from './failover-without-readiness.ts';
import { fanOutWithoutWaves } from './fan-out-without-waves.ts';
import { holeInRollback } from './hole-in-rollback.ts';
import { loneApprover } from './lone-approver.ts';
import { manyReadRetries } from './many-read-retries.ts';
import { nothingMeasured } from './nothing-measured.ts';
import { plannedBreach } from './planned-breach.ts';
import type { LintProject, LintRule } from './rule.ts';
import { scriptGoesOn } from './script-goes-on.ts';
import { secretAsText } from './secret-as-text.ts';
import { slotInChangedHour } from './slot-in-changed-hour.ts';
import { unattendedChange } from './unattended-change.ts';
import { uncheckedChange } from './unchecked-change.ts';
import { uncheckedDownload } from './unchecked-download.ts';
import { unguardedResults } from './unguarded-results.ts';
import { untestedChange } from './untested-change.ts';
import { waitAfterChange } from './wait-after-change.ts';
import { wideBlastLimit } from './wide-blast-limit.ts';

/** Every rule, in the order of the codes. */
export const LINT_RULES: readonly LintRule[] = [
  fanOutWithoutWaves,
  waitAfterChange,
  wideBlastLimit,
  uncheckedChange,
  nothingMeasured,
  failoverWithoutReadiness,
  unattendedChange,
  slotInChangedHour,
  crowdedMinute,
  unguardedResults,
  holeInRollback,
  manyReadRetries,
  loneApprover,
  emptyQuestion,
  secretAsText,
  scriptGoesOn,
  uncheckedDownload,
  plannedBreach,
  untestedChange,
];

/** What the rules are told that the documents do not say. */
export type LintOptions = LoadOptions & Pick<LintProject, 'tested' | 'groupSizes' | 'nowMs'>;

/** Loads documents and lets every rule look at the runbooks that have no error. */
export function lintDocuments(files: readonly DocumentFile[], options: LintOptions): Loaded {
  return loadDocuments(files, {
    ...options,
    furtherChecks: (runbooks, inventories) => {
      const project: LintProject = { ...options, runbooks, inventories };
      for (const linted of runbooks) for (const rule of LINT_RULES) rule.check(linted, project);
    },
  });
}

/** Leaves out the warnings whose codes are ignored, and with `only` those of other codes. Errors always stay. */
export function chosen(
  findings: readonly Finding[],
  choice: { readonly only?: ReadonlySet<string>; readonly ignored: ReadonlySet<string> },
): readonly Finding[] {
  return findings.filter(
    ({ code, severity }) => severity === 'error' || (!choice.ignored.has(code) && (choice.only === undefined || choice.only.has(code))),
  );
}
