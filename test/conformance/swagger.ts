import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A schema of a published specification, as far as it is read here. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly 'x-ms-enum'?: { readonly modelAsString?: boolean };
  readonly 'x-ms-discriminator-value'?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly allOf?: readonly Schema[];
  readonly required?: readonly string[];
  readonly readOnly?: boolean;
  readonly discriminator?: string;
  readonly items?: Schema;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** A parameter of an operation. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header' | 'body';
  readonly required?: boolean;
  readonly schema?: Schema;
}

/** An operation of a specification. */
export interface SpecOperation {
  readonly service: Service;
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly responses: Readonly<Record<string, { readonly schema?: Schema }>>;
  readonly longRunning: boolean;
  readonly pageable: boolean;
  readonly examples: readonly string[];
}

/** One specification with its definitions. */
export interface Service {
  readonly name: string;
  readonly folder: string;
  readonly version: string;
  readonly definitions: Readonly<Record<string, Schema>>;
  /** Whether the file is of the version that the SDK speaks: only then unknown properties are wrong. */
  readonly closed: boolean;
  readonly operations: readonly SpecOperation[];
}

interface RawOperation {
  readonly operationId: string;
  readonly parameters?: readonly Schema[];
  readonly responses: SpecOperation['responses'];
  readonly 'x-ms-long-running-operation'?: boolean;
  readonly 'x-ms-pageable'?: object;
  readonly 'x-ms-examples'?: Readonly<Record<string, { readonly $ref: string }>>;
}

interface RawFile {
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly parameters?: Readonly<Record<string, Schema>>;
  readonly definitions: Readonly<Record<string, Schema>>;
}

const VERBS = ['get', 'put', 'post', 'delete', 'patch', 'head'];
const CLOSED = ['siterecovery', 'backup'];

/** Reads every specification below a folder. */
export function readServices(folder: string): readonly Service[] {
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'openapi.json')))
    .toSorted()
    .map((name) => readService(join(folder, name), name));
}

function readService(folder: string, name: string): Service {
  const file = JSON.parse(readFileSync(join(folder, 'openapi.json'), 'utf8')) as RawFile;
  const operations: SpecOperation[] = [];
  const service = { name, folder, version: file.info.version, definitions: file.definitions, closed: CLOSED.includes(name), operations };
  for (const [path, entry] of Object.entries(file.paths)) {
    for (const [method, operation] of Object.entries(entry)) {
      if (!VERBS.includes(method)) continue;
      const parameters = (operation.parameters ?? []).map((given) => parameterOf(file, given));
      operations.push({
        service,
        operationId: operation.operationId,
        method: method.toUpperCase(),
        path,
        parameters,
        responses: operation.responses,
        longRunning: operation['x-ms-long-running-operation'] === true,
        pageable: operation['x-ms-pageable'] !== undefined,
        examples: Object.values(operation['x-ms-examples'] ?? {}).map((example) => join(folder, example.$ref)),
      });
    }
  }
  return service;
}

function parameterOf(file: RawFile, given: Schema): Parameter {
  const name = given.$ref?.split('/').at(-1);
  const found = name === undefined ? given : file.parameters?.[name];
  if (found === undefined) throw new Error(`parameter ${given.$ref ?? ''} is not in the file`);
  return found as unknown as Parameter;
}

/** The operations whose path a request matches; fixed parts are compared without case, as Azure does. */
export function matchOperations(services: readonly Service[], method: string, path: string): readonly SpecOperation[] {
  const all = services
    .flatMap((service) => service.operations)
    .filter((operation) => operation.method === method && fits(operation.path, path));
  // A fixed part is more exact than a parameter in the same place, and Azure takes the more exact path.
  const fixed = (operation: SpecOperation): number => operation.path.split('/').filter((part) => !part.startsWith('{')).length;
  const most = Math.max(...all.map(fixed));
  return all.filter((operation) => fixed(operation) === most);
}

function fits(template: string, path: string): boolean {
  const wanted = template.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((part, place) => (part.startsWith('{') ? given[place] !== '' : part.toLowerCase() === given[place]?.toLowerCase()))
  );
}
