import type { Action, Undo } from '../../engine/actions/action.ts';
import { actions } from '../../engine/actions/registry.ts';
import type { ValueType } from '../../engine/values.ts';
import { formatDuration } from '../../engine/language/duration.ts';
import { schemaOf } from '../../engine/language/json-schema.ts';
import { kindOf } from '../../engine/language/schema-words.ts';
import { code, page, table } from './markdown.ts';

const CLASSES = {
  read: 'changes nothing and is repeated freely',
  named: 'creates something under a name of ours; after an unclear answer the name is looked up',
  guarded: "the target's state or job list tells whether it happened; that is read before anything is sent again",
  blind: 'nothing tells whether it happened; after an unclear answer a person decides',
} as const;

/** docs/reference/actions.md: every action of this release, from the registry. */
export function actionsPage(): string {
  const all = [...actions.values()];
  const list = all.map((action) => [`[\`${action.name}\`](#${anchor(action.name)})`, action.effect, severityText(action), action.summary]);
  return page(
    'Actions',
    'What `uses:` can name in this release. The effect class says what is done when an answer is lost; the permissions are what the identity of the worker needs.',
    [
      table(['Action', 'Class', 'Severity', 'Does'], list),
      table(
        ['Class', 'Meaning'],
        Object.entries(CLASSES).map(([name, meaning]) => [name, meaning]),
      ),
      ...all.flatMap(section),
    ],
  );
}

function section(action: Action): readonly string[] {
  const schema = schemaOf(action.input);
  const required = new Set(schema.required);
  const inputs = Object.entries(schema.properties ?? {}).map(([name, one]) => [
    code(name),
    kindOf(one),
    required.has(name) ? 'required' : one.default === undefined ? 'optional' : code(JSON.stringify(one.default)),
    one.description ?? '',
  ]);
  const results = Object.entries(action.result).map(([name, type]) => [code(name), typeText(type)]);
  const facts = [
    `class ${action.effect}`,
    severityText(action),
    `target: ${action.target}`,
    `ends after ${formatDuration(action.timeoutMs)} unless the step says otherwise`,
    ...(action.produces === true ? ['fills `produced` with the machines it made'] : []),
    ...(action.undo === undefined ? [] : [undoText(action.undo)]),
  ];
  return [
    `## ${action.name}`,
    `${action.summary}.`,
    facts.join(' · '),
    inputs.length === 0 ? 'No inputs.' : table(['Input', 'Type', 'Default', 'Meaning'], inputs),
    results.length === 0 ? 'No result.' : table(['Result', 'Type'], results),
    ['The worker needs:', '', ...action.permissions.map((right) => `- ${code(right)}`)].join('\n'),
  ];
}

function undoText({ action, on }: Undo): string {
  return `undone by [${code(action)}](#${anchor(action)})${on === undefined ? '' : ' of what it made'}, where it changed something and no \`rollback\` is written`;
}

function severityText({ severity, milderWith }: Action): string {
  return milderWith === undefined ? severity : `${severity}; ${milderWith.severity} with ${code(milderWith.argument)}`;
}

function anchor(name: string): string {
  return name.toLowerCase().replaceAll(/[^\w-]/g, '');
}

function typeText(type: ValueType): string {
  if (typeof type === 'string') return type;
  return 'list' in type ? `list of ${typeText(type.list)}` : `map of ${typeText(type.map)}`;
}
