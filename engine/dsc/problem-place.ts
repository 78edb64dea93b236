import { type FindingPlace, quoted, type Report } from '../language/diagnostics.ts';
import { spanInScalar } from '../language/scalar-offsets.ts';
import { pointerOf, type ScalarNode, type Segment } from '../language/tree.ts';
import type { ExpressionProblem } from './expression/problem.ts';

/** A text of a document and the way to it. */
export interface TextPlace {
  readonly node: ScalarNode;
  readonly path: readonly Segment[];
}

/** Reports why an expression cannot be read, at the part of it that is wrong. */
export function reportSyntax(report: Report, at: TextPlace, problem: ExpressionProblem): void {
  report('RW-DSC-110', placeOf(at, problem), { reason: problem.reason });
}

/** Reports why an expression has no value, at the part of it that has none. */
export function reportNoValue(report: Report, at: TextPlace, problem: ExpressionProblem): void {
  if (problem.needs !== undefined) report('RW-DSC-114', placeOf(at, problem), { function: problem.needs });
  else report('RW-DSC-111', placeOf(at, problem), { reason: problem.reason });
}

/** Reports that a place takes another kind of value. */
export function reportKind(report: Report, at: TextPlace, type: string): void {
  report('RW-DSC-104', { span: at.node.span, pointer: pointerOf(at.path) }, { what: quoted(String(at.path.at(-1))), type });
}

function placeOf({ node, path }: TextPlace, { start, end, hint }: ExpressionProblem): FindingPlace {
  const isText = typeof node.value === 'string' && start !== undefined && end !== undefined;
  const span = isText ? spanInScalar(node, start, end) : node.span;
  return { span, pointer: pointerOf(path), ...(hint === undefined ? {} : { hint }) };
}
