import type { JsonObject, JsonValue } from '../../../engine/json.ts';

interface Field {
  readonly name: string;
  readonly type: string;
  readonly description: string | undefined;
  readonly initial: JsonValue | undefined;
  readonly choices: readonly JsonValue[] | undefined;
  readonly required: boolean;
}

// Names of inputs must not meet the names of the form's own fields.
const PREFIX = 'input:';

/** The fields of a JSON Schema object as a form. Secrets are asked for as references, lists and objects as JSON. */
export function InputFields({ schema }: { readonly schema: JsonObject }) {
  return (
    <>
      {fieldsOf(schema).map((field) => (
        <label key={field.name} class={field.type === 'boolean' ? 'choice' : undefined}>
          <span>
            {field.name}
            {!field.required && ' (optional)'}
            {field.description !== undefined && <small>{field.description}</small>}
          </span>
          <Control field={field} />
        </label>
      ))}
    </>
  );
}

/** What was filled in, as JSON; empty fields are left out. A text that is not what its type says is sent as it is, and the server says why not. */
export function readFields(schema: JsonObject, given: FormData): JsonObject {
  const entries = fieldsOf(schema).flatMap((field): [string, JsonValue][] => {
    const value = given.get(PREFIX + field.name);
    if (field.type === 'boolean') return [[field.name, value !== null]];
    if (typeof value !== 'string' || value === '') return [];
    return [[field.name, valueOf(field, value)]];
  });
  return Object.fromEntries(entries);
}

function Control({ field }: { readonly field: Field }) {
  const name = PREFIX + field.name;
  if (field.choices !== undefined) {
    return (
      <select name={name} required={field.required}>
        {!field.required && field.initial === undefined && <option value="" />}
        {field.choices.map((choice) => (
          <option key={text(choice)} value={text(choice)} selected={choice === field.initial}>
            {text(choice)}
          </option>
        ))}
      </select>
    );
  }
  if (field.type === 'boolean') return <input type="checkbox" name={name} defaultChecked={field.initial === true} />;
  if (field.type === 'array' || field.type === 'object') {
    return (
      <textarea name={name} rows={3} required={field.required} defaultValue={field.initial === undefined ? '' : text(field.initial)} />
    );
  }
  const inputMode = field.type === 'integer' ? 'numeric' : field.type === 'number' ? 'decimal' : 'text';
  return (
    <input
      name={name}
      inputMode={inputMode}
      required={field.required}
      autoComplete="off"
      defaultValue={field.initial === undefined ? '' : text(field.initial)}
    />
  );
}

function fieldsOf(schema: JsonObject): readonly Field[] {
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  return Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, JsonObject>>).map(([name, property]) => ({
    name,
    type: typeof property['type'] === 'string' ? property['type'] : 'string',
    description: typeof property['description'] === 'string' ? property['description'] : undefined,
    initial: property['default'],
    choices: Array.isArray(property['enum']) ? property['enum'] : undefined,
    required: required.has(name),
  }));
}

function valueOf(field: Field, given: string): JsonValue {
  if (field.choices !== undefined) return field.choices.find((choice) => text(choice) === given) ?? given;
  if (field.type === 'string') return given;
  if (field.type === 'integer' || field.type === 'number') return Number.isNaN(Number(given)) ? given : Number(given);
  try {
    return JSON.parse(given) as JsonValue;
  } catch {
    return given;
  }
}

function text(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
