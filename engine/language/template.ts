/** A piece of a text: plain characters or the inside of `${{ }}`. Offsets count UTF-16 units of the whole text. */
export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string; readonly start: number }
  | { readonly kind: 'expression'; readonly text: string; readonly start: number };

/** A text taken apart, or the offset of a `${{` that is never closed. */
export type Template = { readonly ok: true; readonly parts: readonly TemplatePart[] } | { readonly ok: false; readonly offset: number };

/** True when the text holds at least one `${{`. */
export function hasExpression(text: string): boolean {
  return text.includes('${{');
}

/** Cuts a text at its `${{ }}`. Braces inside quotes of the expression do not close it. */
export function splitTemplate(text: string): Template {
  const parts: TemplatePart[] = [];
  let position = 0;
  while (position < text.length) {
    const open = text.indexOf('${{', position);
    if (open < 0) break;
    if (open > position) parts.push({ kind: 'text', text: text.slice(position, open), start: position });
    const close = closingBraces(text, open + 3);
    if (close === undefined) return { ok: false, offset: open };
    parts.push({ kind: 'expression', text: text.slice(open + 3, close), start: open + 3 });
    position = close + 2;
  }
  if (position < text.length) parts.push({ kind: 'text', text: text.slice(position), start: position });
  return { ok: true, parts };
}

/** The expression of a text that is nothing but one `${{ }}`; such a text keeps the type of its value. */
export function soleExpression(template: Template): TemplatePart | undefined {
  if (!template.ok) return undefined;
  const written = template.parts.filter((part) => part.kind === 'expression' || part.text.trim() !== '');
  const [only] = written;
  return written.length === 1 && only?.kind === 'expression' ? only : undefined;
}

function closingBraces(text: string, from: number): number | undefined {
  let quote: string | undefined;
  let depth = 0;
  for (let index = from; index < text.length; index += 1) {
    const char = text.charAt(index);
    if (quote !== undefined) {
      if (char === '\\') index += 1;
      else if (char === quote) quote = undefined;
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '{') depth += 1;
    else if (char === '}' && depth > 0) depth -= 1;
    else if (char === '}' && text.charAt(index + 1) === '}') return index;
  }
  return undefined;
}
