import type { ResourceType } from '../../engine/dsc/resource.ts';
import { resourceTypes } from '../../engine/dsc/resources/catalogue.ts';
import { schemaOf } from '../../engine/language/json-schema.ts';
import { kindOf } from '../../engine/language/schema-words.ts';
import { code, page, table } from './markdown.ts';

/** docs/reference/resources.md: every resource type of configuration documents, from the catalogue. */
export function resourcesPage(): string {
  const all = [...resourceTypes.values()];
  return page(
    'Resource types',
    'What `type:` can name in a configuration document (`configurations/*.dsc.yaml`). Documents have the format of Microsoft DSC v3; their expressions, parameters and functions are on [a page of their own](dsc-functions.md). Only properties that are written are looked at, and what could not be observed is `unknown`, never compliant.',
    [
      table(
        ['Type', 'Is'],
        all.map(({ type, summary }) => [`[\`${type}\`](#${anchor(type)})`, summary]),
      ),
      ...all.flatMap(section),
    ],
  );
}

function section({ type, version, summary, schema, cannotTell, sets }: ResourceType): readonly string[] {
  const known = schemaOf(schema);
  const required = new Set(known.required);
  const properties = Object.entries(known.properties ?? {}).map(([name, one]) => [
    code(name),
    kindOf(one),
    required.has(name) && one.default === undefined
      ? 'required'
      : one.default === undefined
        ? 'optional'
        : code(JSON.stringify(one.default)),
    one.description ?? '',
  ]);
  return [
    `## ${type}`,
    `${summary}. Version ${version}.`,
    table(['Property', 'Type', 'Default', 'Meaning'], properties),
    `It is set by ${sets}.`,
    ['It cannot tell:', '', ...cannotTell.map((one) => `- ${one}`)].join('\n'),
  ];
}

function anchor(name: string): string {
  return name.toLowerCase().replaceAll(/[^\w-]/g, '');
}
