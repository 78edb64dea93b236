import type { JsonObject, JsonValue } from '../engine/json.ts';
import type { InputDefinition } from '../engine/language/runbook.ts';

const FORMATS = {
  string: { type: 'string' },
  integer: { type: 'integer' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  duration: { type: 'string', format: 'runward-duration' },
  datetime: { type: 'string', format: 'date-time' },
  azure_id: { type: 'string', format: 'azure-resource-id' },
  file: { type: 'string', format: 'runward-file' },
  secret: { type: 'string', format: 'runward-secret-reference' },
  array: { type: 'array' },
  object: { type: 'object' },
} as const satisfies Record<InputDefinition['type'], JsonObject>;

/** The inputs of a runbook as JSON Schema (2020-12), for forms; secrets are asked for as references. */
export function inputSchema(inputs: Readonly<Record<string, InputDefinition>>): JsonObject {
  const entries = Object.entries(inputs);
  const required = entries.filter(([, input]) => input.default === undefined).map(([name]) => name);
  const properties = Object.fromEntries(entries.map(([name, input]) => [name, valueSchema(input)]));
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', properties, required, additionalProperties: false };
}

function valueSchema(input: InputDefinition): JsonObject {
  const bounded = input.type === 'integer' || input.type === 'number';
  return {
    ...FORMATS[input.type],
    ...present({
      description: input.description,
      default: input.default,
      enum: input.enum,
      pattern: input.pattern,
      minLength: input.minLength,
      maxLength: input.maxLength,
      minimum: bounded ? input.min : undefined,
      maximum: bounded ? input.max : undefined,
      'x-resource-type': input.resourceType,
      items: input.items === undefined ? undefined : valueSchema(input.items),
    }),
    ...(input.fields === undefined ? {} : inner(input.fields)),
  };
}

function inner(fields: Readonly<Record<string, InputDefinition>>): JsonObject {
  const { properties, required } = inputSchema(fields);
  return present({ properties, required, additionalProperties: false });
}

function present(members: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
