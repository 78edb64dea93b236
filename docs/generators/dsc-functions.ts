import { TYPE_WORDS } from '../../engine/dsc/expression/parameter-type.ts';
import { PARAMETER_TYPES } from '../../engine/dsc/expression/scope.ts';
import { FUNCTION_GROUPS } from '../../engine/dsc/functions/catalogue.ts';
import type { DscFunction } from '../../engine/dsc/functions/function.ts';
import { code, page, table } from './markdown.ts';

/** docs/reference/dsc-functions.md: the language of configuration documents, from the table of its functions. */
export function dscFunctionsPage(): string {
  return page(
    'Expressions of configuration documents',
    "A text that starts with `[` is an expression: `\"[concat('Port ', string(parameters('port')))]\"`. It is one call; its arguments are calls, texts in `'…'` (a quote inside is written twice), integers, `true` and `false`; `.name`, `[0]` and `['name']` behind a call take something out of its value. There are no operators. A text that must start with `[` is written `[[`. The language is the one of Microsoft DSC v3.",
    [
      '## Parameters',
      table(
        ['Type', 'Is', 'Limits'],
        PARAMETER_TYPES.map((type) => [code(type), TYPE_WORDS[type], LIMITS[type] ?? '']),
      ),
      'A parameter without a default must be given a value where something uses it. A default may be an expression that uses no parameter. A secure value cannot reach a property: it would stand in scripts and evidence.',
      '## Where what can be called',
      table(
        ['Place', 'Not there'],
        [
          ['`defaultValue`', '`parameters()`, `variables()`, functions of the document'],
          ['`variables`', 'functions of the document; a variable sees those before it'],
          ['`functions`', '`variables()` and other functions of the document; `parameters()` are its own'],
          ['`name`, `dependsOn`, `condition`, `copy.count`, `properties`', ''],
        ],
      ),
      ...FUNCTION_GROUPS.flatMap(({ title, functions }) => [`## ${title}`, ...section(title, functions)]),
    ],
  );
}

const LIMITS: Readonly<Record<string, string>> = {
  string: '`allowedValues`, `minLength`, `maxLength` in bytes',
  secureString: '`minLength`, `maxLength` in bytes',
  int: '`allowedValues`, `minValue`, `maxValue`',
  array: '`minLength`, `maxLength`',
};

function section(title: string, functions: readonly DscFunction[]): readonly string[] {
  const rows = functions.map(({ syntax, summary }) => [code(syntax), summary]);
  const lambda = title === 'Lambdas' ? [[code("lambda('x'[, 'i'], body)"), 'What `map` and `filter` apply: `body` is a call']] : [];
  const note = functions.some(({ needs }) => needs !== undefined)
    ? ['The names are known, and what they need is not asked yet: a document that calls one is refused. Give the value as a parameter.']
    : [];
  return [...note, table(['Call', 'Gives'], [...lambda, ...rows])];
}
