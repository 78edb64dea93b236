import type { ASTNode } from '@marcbachmann/cel-js';
import type { Range } from './expression-parse.ts';
import { childrenOf } from './expression-parse.ts';
import { PURPOSES } from './schema-v1.ts';
import { STEP_STATUSES } from './step-statuses.ts';

/** A text that an expression compares with something that has only certain values. */
export interface ComparedWord {
  readonly text: string;
  readonly range: Range;
  readonly allowed: readonly string[];
}

const RUN_WORDS: Readonly<Record<string, readonly string[]>> = {
  status: ['succeeded', 'partially_failed', 'failed', 'cancelled', 'rejected', 'timed_out'],
  rollback: ['none', 'complete', 'failed'],
  purpose: PURPOSES,
};

/** The texts in a type-checked expression that are compared with a status or a purpose: a misspelt one is never equal, and nobody sees it. */
export function comparedWords(node: ASTNode): readonly ComparedWord[] {
  return [...wordsOf(node), ...childrenOf(node).flatMap(comparedWords)];
}

function wordsOf(node: ASTNode): readonly ComparedWord[] {
  if (node.op !== '==' && node.op !== '!=' && node.op !== 'in') return [];
  const [left, right] = node.args;
  if (node.op === 'in') return right.op === 'list' ? right.args.flatMap((item) => wordOf(left, item)) : [];
  return [...wordOf(left, right), ...wordOf(right, left)];
}

function wordOf(asked: ASTNode, written: ASTNode): readonly ComparedWord[] {
  const allowed = valuesOf(asked);
  if (allowed === undefined || written.op !== 'value' || typeof written.args !== 'string') return [];
  return [{ text: written.args, range: { start: written.start, end: written.end }, allowed }];
}

function valuesOf(node: ASTNode): readonly string[] | undefined {
  if (node.op !== '.') return undefined;
  const [owner, field] = node.args;
  const { checkedType } = owner as { readonly checkedType?: { readonly name?: string } };
  const type = checkedType?.name ?? '';
  if (type === 'Run') return RUN_WORDS[field];
  return field === 'status' && /^(?:Step|Item)_/.test(type) ? STEP_STATUSES : undefined;
}
