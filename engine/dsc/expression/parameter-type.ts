import type { ParameterType } from './scope.ts';
import { isSecure, type Kind, kindOf, type Value } from './value.ts';

/** How the types of parameters are named in sentences. */
export const TYPE_WORDS: Readonly<Record<ParameterType, string>> = {
  string: 'a text',
  secureString: 'a secure text',
  int: 'an integer',
  bool: 'a boolean',
  object: 'an object',
  secureObject: 'a secure object',
  array: 'an array',
};

const KIND_WORDS: Readonly<Record<Kind, string>> = {
  string: 'a text',
  number: 'an integer',
  boolean: 'a boolean',
  null: 'null',
  array: 'an array',
  object: 'an object',
  secure: 'a secure value',
  lambda: 'a lambda',
};

/** What a value is, in a sentence. */
export function kindWords(value: Value): string {
  return typeof value === 'number' ? 'a float' : KIND_WORDS[kindOf(value)];
}

/** True when a value has the type; a secret has only the secure types. */
export function isOfType(value: Value, type: ParameterType): boolean {
  switch (type) {
    case 'string':
    case 'array':
    case 'object':
      return kindOf(value) === type;
    case 'int':
      return typeof value === 'bigint';
    case 'bool':
      return typeof value === 'boolean';
    case 'secureString':
    case 'secureObject':
      return isSecure(value) && value.type === type;
  }
}
