import type { JsonObject, JsonValue } from '../json.ts';
import type { Runbook, Step } from '../language/runbook.ts';
import { allSteps } from '../run/step-path.ts';

/** A readiness check that cannot be made on its own, and why. */
export interface UnaskedCheck {
  readonly check: string;
  readonly reason: string;
}

/** What of a runbook can be checked with the inputs that are there. */
export interface ChecksOnly {
  /** A runbook of purpose `readiness` that makes the checks and nothing else. */
  readonly runbook: Runbook;
  readonly unasked: readonly UnaskedCheck[];
}

/**
 * Turns a runbook into one that makes its readiness checks alone: no steps, approvals, locks, windows or notices. Checks that read an
 * input without a value are left out and named; what they leave behind must not be mistaken for a check that passed.
 */
export function checksOnly(runbook: Runbook, inputs: JsonObject): ChecksOnly {
  const lacking = lackingNames(runbook, inputs);
  const checks = runbook.readiness?.checks ?? [];
  const unasked = checks.flatMap((check): readonly UnaskedCheck[] => {
    const [name] = mentioned(check).filter((each) => lacking.has(each));
    return name === undefined ? [] : [{ check: check.id, reason: lacking.get(name) ?? '' }];
  });
  const left = new Set(unasked.map(({ check }) => check));
  const without = <Value>(group: string, values: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> =>
    Object.fromEntries(Object.entries(values).filter(([name]) => !lacking.has(`${group}.${name}`)));
  const { objectives: _, onFailure: __, concurrency: ___, locks: ____, windows: _____, freeze: ______, ...kept } = runbook;
  return {
    unasked,
    runbook: {
      ...kept,
      purposes: ['readiness'],
      timeoutMs: Math.min(runbook.timeoutMs, runbook.readiness?.everyMs ?? Infinity),
      inputs: without('inputs', runbook.inputs),
      vars: without('vars', runbook.vars),
      targets: without('targets', runbook.targets),
      readiness: { checks: checks.filter(({ id }) => !left.has(id)).map(withoutLocks) },
      steps: [],
      finally: [],
      outputs: {},
      schedules: [],
      webhooks: [],
      notify: [],
    },
  };
}

/** Why names have no value, by `inputs.x`, `vars.x` and `targets.x`: inputs that nobody gave, and what is made from them. */
function lackingNames(runbook: Runbook, inputs: JsonObject): ReadonlyMap<string, string> {
  const lacking = new Map<string, string>();
  for (const [name, { default: value }] of Object.entries(runbook.inputs)) {
    if (value === undefined && inputs[name] === undefined)
      lacking.set(`inputs.${name}`, `input ${name} has no default, and the schedules of the runbook do not give one value for it`);
  }
  const made: readonly (readonly [string, unknown])[] = [
    ...Object.entries(runbook.vars).map(([name, value]) => [`vars.${name}`, value] as const),
    ...Object.entries(runbook.targets).map(([name, { where, sample }]) => [`targets.${name}`, [where, sample]] as const),
  ];
  // What is made from something that lacks lacks itself; each round finds at least one or is the last.
  for (let before = -1; before < lacking.size;) {
    before = lacking.size;
    for (const [name, value] of made) {
      const [source] = namesIn(value).filter((each) => lacking.has(each));
      if (source !== undefined && !lacking.has(name)) lacking.set(name, lacking.get(source) ?? '');
    }
  }
  return lacking;
}

function mentioned(check: Step): readonly string[] {
  return [...allSteps([check])].flatMap((step) => {
    const set = step.target?.kind === 'set' ? [`targets.${step.target.set}`] : [];
    return [...set, ...namesIn(step)];
  });
}

// A name in a text that is no expression only makes a check unasked that could have been asked: never the other way round.
function namesIn(value: unknown): readonly string[] {
  const texts = textsOf(value as JsonValue | undefined).join('\n');
  return [...texts.matchAll(/\b(inputs|vars|targets)\s*\.\s*([a-z][a-z0-9_]*)/g)].map(([, group = '', name = '']) => `${group}.${name}`);
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  return value === null || typeof value !== 'object' ? [] : Object.values(value).flatMap(textsOf);
}

// Named locks are for changes; a check that waited for one would be as old as the change that holds it.
function withoutLocks(step: Step): Step {
  const { locks: _, ...kept } = step;
  return kept;
}
