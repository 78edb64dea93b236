import { STATUS_CODES } from 'node:http';
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { components } from './schemas/component.ts';
import { problemSchema } from './schemas/problem.ts';

const transformRoute = createJsonSchemaTransform({ schemaRegistry: components });
const transformDocument = createJsonSchemaTransformObject({ schemaRegistry: components });

const PROBLEM = {
  description: 'What went wrong, what it means and what to do (RFC 9457)',
  content: { 'application/problem+json': { schema: { $ref: `#/components/schemas/${components.get(problemSchema)?.id}` } } },
};

/** How the contract is made from the schemas of the routes. */
export function contractOptions(version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'runward',
        version,
        description: 'Runbooks, plans, runs and their evidence. Errors are problems as of RFC 9457.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'An API token; not needed by a local server (auth: none)' },
        },
      },
      security: [{ token: [] }],
    },
    transform: (route) => {
      const { schema, url } = transformRoute(route);
      const permission = route.route.config?.permission ?? 'none';
      return { schema: { ...schema, ...(permission === 'none' ? { security: [] } : { 'x-permission': permission }) }, url };
    },
    transformObject: (document) => trim(transformDocument(document) as Document) as never,
  };
}

interface Document {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, { responses?: Record<string, { description?: string }> }>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

// Every operation can answer with a problem; schemas that no operation refers to (the input form of answers) say nothing.
function trim(document: Document): Document {
  for (const path of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(path)) {
      for (const [status, response] of Object.entries(operation.responses ?? {})) response.description = STATUS_CODES[status] ?? status;
      operation.responses = { ...operation.responses, default: PROBLEM };
    }
  }
  const schemas = document.components?.schemas ?? {};
  const used = new Set<string>();
  collect(document.paths, schemas, used);
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
  return { ...document, components: { ...document.components, schemas: kept } };
}

function collect(node: unknown, schemas: Readonly<Record<string, unknown>>, used: Set<string>): void {
  for (const [, name = ''] of JSON.stringify(node).matchAll(/#\/components\/schemas\/(\w+)/g)) {
    if (used.has(name)) continue;
    used.add(name);
    collect(schemas[name] ?? {}, schemas, used);
  }
}
