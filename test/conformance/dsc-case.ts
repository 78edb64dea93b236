import type { JsonObject, JsonValue } from '../../engine/json.ts';

/** One expectation about the printed result of a document. */
export interface Assertion {
  readonly path: string;
  readonly op: string;
  readonly value: JsonValue;
}

/** What a case must give: a failure with its exit code, a value, a tree, an order, a difference, or assertions. */
export interface Expected {
  readonly error?: boolean;
  readonly exitCode?: number;
  readonly assertions?: readonly Assertion[];
  readonly value?: JsonValue;
  readonly compare?: string;
  readonly properties?: JsonObject;
  readonly length?: number;
  readonly items?: JsonObject;
  readonly parsesAs?: 'expression' | 'literal' | 'escapedLiteral';
  readonly tree?: string;
  readonly order?: readonly string[];
  readonly differingProperties?: readonly string[];
  readonly inDesiredState?: boolean;
  readonly contains?: readonly string[];
  readonly regex?: readonly string[];
  readonly like?: readonly string[];
  readonly stderr?: readonly { readonly like: string }[];
}

export type Operation = 'get' | 'test' | 'set' | 'set-whatIf' | 'export';

/** One case of a conformance file. */
export interface DscCase {
  readonly id: string;
  readonly kind: 'expression' | 'document' | 'parse' | 'diff' | 'order';
  readonly operation: string;
  readonly expected: Expected;
  readonly expression?: string;
  readonly document?: string;
  readonly parameters?: JsonValue;
  readonly parametersFile?: JsonValue;
  readonly desired?: JsonObject;
  readonly actual?: JsonObject;
  readonly schema?: JsonObject;
  readonly platform?: string;
  /** The reference passes here only because its parser forgives: refusing the text is right too. */
  readonly quirk?: string;
}

/** What the engine made of a document: the printed result, or why there is none and the exit code that says so. */
export type Ran =
  | { readonly ok: true; readonly result: JsonObject; readonly messages: readonly string[] }
  | { readonly ok: false; readonly exitCode: number; readonly message: string; readonly isSyntax: boolean };
