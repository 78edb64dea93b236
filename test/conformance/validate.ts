import type { Schema, Service } from './swagger.ts';

/** One way in which a value is not what its schema says. */
export interface Finding {
  readonly pointer: string;
  readonly rule: string;
  readonly message: string;
}

/** How a value is looked at. */
export interface View {
  readonly service: Service;
  readonly direction: 'request' | 'answer';
}

interface Place extends View {
  readonly pointer: string;
  readonly findings: Finding[];
}

/**
 * Checks a value against a schema of a published specification. Services send null for whatever is not required; open enumerations, formats and
 * (where the file is older than the SDK) unknown properties are not judged; times must be times; on requests read-only properties do not count.
 */
export function validate(schema: Schema, value: unknown, view: View): readonly Finding[] {
  const findings: Finding[] = [];
  check(schema, value, { ...view, pointer: '', findings });
  return findings;
}

function check(given: Schema, value: unknown, place: Place): void {
  const schema = resolve(given, place.service);
  if (schema.enum !== undefined && typeof value === 'string' && schema['x-ms-enum']?.modelAsString !== true)
    checkEnum(schema, value, place);
  switch (kindOf(schema, place.service)) {
    case 'object':
      return checkObject(schema, value, place);
    case 'array':
      return checkArray(schema, value, place);
    case 'string':
      return checkString(schema, value, place);
    case 'integer':
    case 'number':
      return checkNumber(schema, value, place);
    case 'boolean':
      return typeof value === 'boolean' ? undefined : report(place, 'type', `boolean wanted, ${nameOf(value)} found`);
    case 'file':
    case undefined:
      return undefined;
    default:
      return report(place, 'schema', `the type ${schema.type} is not known to this validator`);
  }
}

function kindOf(schema: Schema, service: Service): string | undefined {
  if (schema.type !== undefined) return schema.type;
  const flat = flatten(schema, service);
  return Object.keys(flat.properties).length > 0 ? 'object' : undefined;
}

function checkEnum(schema: Schema, value: string, place: Place): void {
  const known = (schema.enum ?? []).map((word) => String(word).toLowerCase());
  if (!known.includes(value.toLowerCase())) report(place, 'enum', `"${value}" is none of ${known.join(', ')}`);
}

function checkString(schema: Schema, value: unknown, place: Place): void {
  if (typeof value !== 'string') return report(place, 'type', `string wanted, ${nameOf(value)} found`);
  if (schema.format === 'date-time' && Number.isNaN(Date.parse(value))) report(place, 'time', `"${value}" is not a time`);
  if (schema.maxLength !== undefined && value.length > schema.maxLength) report(place, 'maxLength', `longer than ${schema.maxLength}`);
  if (schema.minLength !== undefined && value.length < schema.minLength) report(place, 'minLength', `shorter than ${schema.minLength}`);
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value))
    report(place, 'pattern', `"${value}" does not match ${schema.pattern}`);
  return undefined;
}

function checkNumber(schema: Schema, value: unknown, place: Place): void {
  if (typeof value !== 'number') return report(place, 'type', `${schema.type} wanted, ${nameOf(value)} found`);
  if (schema.type === 'integer' && !Number.isInteger(value)) report(place, 'type', `${value} is not a whole number`);
  if (schema.minimum !== undefined && value < schema.minimum) report(place, 'minimum', `${value} is below ${schema.minimum}`);
  if (schema.maximum !== undefined && value > schema.maximum) report(place, 'maximum', `${value} is above ${schema.maximum}`);
  return undefined;
}

function checkArray(schema: Schema, value: unknown, place: Place): void {
  if (!Array.isArray(value)) return report(place, 'type', `array wanted, ${nameOf(value)} found`);
  if (schema.maxItems !== undefined && value.length > schema.maxItems) report(place, 'maxItems', `more than ${schema.maxItems}`);
  if (schema.minItems !== undefined && value.length < schema.minItems) report(place, 'minItems', `fewer than ${schema.minItems}`);
  const { items } = schema;
  if (items === undefined) return undefined;
  for (const [number, each] of value.entries()) if (each !== null) check(items, each, { ...place, pointer: `${place.pointer}/${number}` });
  return undefined;
}

function checkObject(schema: Schema, value: unknown, place: Place): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return report(place, 'type', `object wanted, ${nameOf(value)} found`);
  const fields = value as Readonly<Record<string, unknown>>;
  const flat = flatten(subtypeOf(schema, fields, place), place.service);
  for (const name of flat.required) {
    if (place.direction === 'request' && flat.properties[name]?.readOnly === true) continue;
    if (fields[name] === undefined || fields[name] === null) report(place, 'required', `"${name}" is missing`);
  }
  for (const [name, field] of Object.entries(fields)) {
    const at = { ...place, pointer: `${place.pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` };
    const known = flat.properties[name];
    if (known === undefined) checkUnknown(flat.additional, field, at, Object.keys(flat.properties).length > 0);
    else if (field !== null && !(place.direction === 'request' && known.readOnly === true)) check(known, field, at);
  }
  return undefined;
}

function checkUnknown(additional: Schema | boolean | undefined, value: unknown, place: Place, modelled: boolean): void {
  if (typeof additional === 'object') {
    if (value !== null) check(additional, value, place);
    return;
  }
  if (additional !== true && modelled && place.service.closed) report(place, 'unknown', 'the specification has no such property');
}

/** The schema of the subtype that a discriminator names, among those below this schema; an unknown name leaves the schema itself. */
function subtypeOf(schema: Schema, fields: Readonly<Record<string, unknown>>, place: Place): Schema {
  const { discriminator } = flatten(schema, place.service);
  if (discriminator === undefined) return schema;
  const word = fields[discriminator];
  const found = Object.entries(place.service.definitions).find(
    ([name, definition]) => (definition['x-ms-discriminator-value'] ?? name) === word && isBelow(definition, schema, place.service),
  );
  return found?.[1] ?? schema;
}

function isBelow(definition: Schema, above: Schema, service: Service): boolean {
  return (definition.allOf ?? []).some((parent) => {
    const found = resolve(parent, service);
    return found === above || isBelow(found, above, service);
  });
}

interface Flat {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required: readonly string[];
  readonly additional: Schema | boolean | undefined;
  readonly discriminator: string | undefined;
}

/** A schema with all that it takes over from its parents. */
function flatten(given: Schema, service: Service): Flat {
  const schema = resolve(given, service);
  let flat: Flat = { properties: {}, required: [], additional: undefined, discriminator: undefined };
  for (const parent of schema.allOf ?? []) {
    const above = flatten(parent, service);
    flat = {
      properties: { ...flat.properties, ...above.properties },
      required: [...flat.required, ...above.required],
      additional: above.additional ?? flat.additional,
      discriminator: above.discriminator ?? flat.discriminator,
    };
  }
  return {
    properties: { ...flat.properties, ...schema.properties },
    required: [...new Set([...flat.required, ...(schema.required ?? [])])],
    additional: schema.additionalProperties ?? flat.additional,
    discriminator: schema.discriminator ?? flat.discriminator,
  };
}

function resolve(schema: Schema, service: Service): Schema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.split('/').at(-1) ?? '';
  const found = service.definitions[name];
  if (found === undefined) throw new Error(`${service.name} has no definition ${name}`);
  return resolve(found, service);
}

function report(place: Place, rule: string, message: string): void {
  place.findings.push({ pointer: place.pointer === '' ? '/' : place.pointer, rule, message });
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
