import { quoted } from '../diagnostics.ts';
import { parseExpression } from '../expression-parse.ts';
import { type ExpressionPlace, expressionPlaces } from '../expression-places.ts';
import type { OutlinedStep } from '../outline.ts';
import { spanInScalar } from '../scalar-offsets.ts';
import { splitTemplate } from '../template.ts';
import { child, pointerOf, textOf } from '../tree.ts';
import type { LintRule } from './rule.ts';

/** RW530: results of a fan-out that goes on after failures, read as if all items had succeeded; the reading step fails for another reason. */
export const unguardedResults: LintRule = {
  code: 'RW530',
  check({ root, steps, report }) {
    const tolerant = new Map(steps.filter(toleratesFailure).map((step) => [step.id, step]));
    for (const place of tolerant.size === 0 ? [] : expressionPlaces(root, steps)) {
      if (place.lenient) continue;
      for (const { id, start, end } of unguardedReads(place)) {
        if (!tolerant.has(id)) continue;
        report('RW530', { span: spanInScalar(place.node, start, end), pointer: pointerOf(place.path) }, { step: quoted(id) });
      }
    }
  },
};

function toleratesFailure({ node, fanOut }: OutlinedStep): boolean {
  if (fanOut === undefined) return false;
  const failures = child(child(node, 'rollout'), 'max_failures');
  const tolerated = failures?.kind === 'scalar' && failures.value !== 0 && failures.value !== '0%';
  return textOf(child(node, 'on_failure')) === 'continue' || tolerated;
}

const GUARD = /\bstatus\b|\bhas\(|\bdefault\(/;

// A step that is narrowed to what succeeded reads only that.
function conditionsOf(reader: OutlinedStep | undefined): string {
  const where = child(child(reader?.node, 'target'), 'where');
  return `${textOf(where) ?? ''} ${textOf(child(reader?.node, 'if')) ?? ''}`;
}

interface Read {
  readonly id: string;
  readonly start: number;
  readonly end: number;
}

function unguardedReads(place: ExpressionPlace): readonly Read[] {
  return expressionsOf(place).flatMap(({ text, offset }) => {
    const parsed = parseExpression(text);
    // Who asks for the status, or what is there, knows that an item may have failed.
    if (!parsed.ok || !/\.outputs\b/.test(text) || GUARD.test(text) || GUARD.test(conditionsOf(place.standing.reader))) return [];
    return parsed.expression.paths.flatMap(({ root, fields: [step, member] }) =>
      root === 'steps' && step !== undefined && (member?.name === 'results' || member?.name === 'by_key')
        ? [{ id: step.name, start: offset + step.range.start, end: offset + step.range.end }]
        : [],
    );
  });
}

function expressionsOf({ node, form }: ExpressionPlace): readonly { readonly text: string; readonly offset: number }[] {
  const value = String(node.value);
  if (form === 'cel') return [{ text: value, offset: 0 }];
  const template = splitTemplate(value);
  return template.ok ? template.parts.flatMap((part) => (part.kind === 'expression' ? [{ text: part.text, offset: part.start }] : [])) : [];
}
