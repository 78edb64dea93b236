import type { FieldType, TypeScope } from './expression-check.ts';
import { planIdName } from './expression-parse.ts';
import type { OutlinedStep } from './outline.ts';
import { definedTypes } from './object-types.ts';
import { formTypes, inferredType, isOpaque, resultFields, stepTypes, valueCelType } from './types-of-steps.ts';
import { child, entriesOf, entryOf, textOf, type TreeNode } from './tree.ts';
import { itemNames } from './visible.ts';
import { soleExpression, splitTemplate } from './template.ts';

const DURATION = 'google.protobuf.Duration';
const TIMESTAMP = 'google.protobuf.Timestamp';

/** Where an expression stands: its step, and whether names beyond the usual ones are there. */
export interface Standing {
  readonly reader: OutlinedStep | undefined;
  /** `result` is visible. */
  readonly withResult: boolean;
  /** The items that it sees, by name. */
  readonly items: ReadonlyMap<string, OutlinedStep | 'target'>;
  /** Which of the general names are there. */
  readonly general: ReadonlySet<string>;
}

/** All names that a place can see except for steps. */
export const GENERAL_NAMES: ReadonlySet<string> = new Set(['inputs', 'vars', 'targets', 'steps', 'run', 'trigger']);

/** The names of steps that stand in an after_wave. */
export const WAVE_NAMES: ReadonlySet<string> = new Set([...GENERAL_NAMES, 'wave']);

/** Gives the typed names of any place of one runbook. */
export type ScopeTypes = (standing: Standing, steps: readonly OutlinedStep[]) => TypeScope;

/** Prepares the types of a runbook's names; steps are typed when they are asked for. */
export function scopeTypes(root: TreeNode, all: readonly OutlinedStep[]): ScopeTypes {
  const inputs = definedTypes(child(root, 'inputs'), { prefix: 'inputs', name: 'Input' });
  const targets = Object.fromEntries(
    entriesOf(child(root, 'targets')).flatMap(({ key, value }) => {
      const members = [key, 'list<Target>'];
      return child(value, 'recovery_plan') === undefined ? [members] : [members, [planIdName(key), 'string']];
    }),
  );
  const vars: Record<string, string> = {};
  const fixed = (): readonly (readonly [string, FieldType])[] => [
    ...inputs.types,
    ['Inputs', { title: 'inputs', fields: inputs.fields }],
    ['Vars', { title: 'vars', fields: vars }],
    ['Targets', { title: 'targets', fields: targets }],
    ...RUN_TYPES,
  ];
  const plain = (): TypeScope => ({
    types: new Map(fixed()),
    variables: new Map([
      ['inputs', 'Inputs'],
      ['targets', 'Targets'],
      ['vars', 'Vars'],
    ]),
  });
  // In written order a var may name an earlier one; one that names a later one is dyn, which is safe.
  for (const entry of entriesOf(child(root, 'vars'))) vars[entry.key] = valueCelType(entry.value, plain);
  const outputScope = (step: OutlinedStep): TypeScope =>
    typed(
      { reader: step, withResult: true, items: itemNames(step), general: GENERAL_NAMES },
      all.filter((other) => other !== step && mentions(step, other)),
    );
  const steps = stepTypes(outputScope);
  const typed: ScopeTypes = (standing, wanted) => {
    const types = new Map([...fixed(), ...steps.typesFor(wanted)]);
    types.set('Steps', { title: 'steps', fields: Object.fromEntries(wanted.map((step) => [step.id, `Step_${step.id}`])) });
    const known = standing.reader !== undefined && !isOpaque(standing.reader);
    if (standing.withResult && known && standing.reader !== undefined) {
      for (const [name, type] of formTypes(standing.reader).types) types.set(name, type);
      types.set('Result', resultFields(standing.reader));
    }
    const variables = new Map(GENERAL_TYPES.filter(([name]) => standing.general.has(name)));
    if (standing.withResult) variables.set('result', known ? 'Result' : 'dyn');
    for (const [name, from] of standing.items) variables.set(name, itemType(from, plain));
    return { types, variables };
  };
  return typed;
}

const GENERAL_TYPES: readonly (readonly [string, string])[] = [
  ['inputs', 'Inputs'],
  ['vars', 'Vars'],
  ['targets', 'Targets'],
  ['steps', 'Steps'],
  ['run', 'Run'],
  ['trigger', 'Trigger'],
  ['wave', 'Wave'],
];

const RUN_TYPES: readonly (readonly [string, FieldType])[] = [
  ['RunObjectives', { title: 'run.objectives', fields: { rto: DURATION, rpo: DURATION } }],
  ['RunClock', { title: 'run.rto', fields: { elapsed: DURATION, active: DURATION } }],
  [
    'Run',
    {
      title: 'run',
      fields: {
        ...Object.fromEntries(
          ['id', 'purpose', 'runbook', 'commit', 'environment', 'started_by', 'trigger', 'url'].map((name) => [name, 'string']),
        ),
        retry_of: 'string',
        status: 'string',
        rollback: 'string',
        number: 'int',
        dry_run: 'bool',
        started_at: TIMESTAMP,
        objectives: 'RunObjectives',
        rto: 'RunClock',
      },
    },
  ],
  ['Wave', { title: 'wave', fields: { number: 'int', total: 'int', size: 'int', targets: 'list<dyn>', succeeded: 'int', failed: 'int' } }],
  ['Trigger', { title: 'trigger', fields: { kind: 'string', slot: TIMESTAMP, body: 'dyn' } }],
];

function itemType(from: OutlinedStep | 'target', scope: () => TypeScope): string {
  if (from === 'target' || from.fanOut === 'target') return 'Target';
  const list = soleExpression(splitTemplate(textOf(child(from.node, 'for_each')) ?? ''));
  const type = list === undefined ? 'dyn' : inferredType(list.text, scope);
  return /^list<(.*)>$/.exec(type)?.[1] ?? 'dyn';
}

function mentions(step: OutlinedStep, other: OutlinedStep): boolean {
  const outputs = entryOf(step.node, 'outputs')?.value;
  return other.id !== '' && entriesOf(outputs).some((entry) => (textOf(entry.value) ?? '').includes(`.${other.id}`));
}
