/** Text that is HTML already; everything else is escaped by `html`. */
export interface Html {
  readonly html: string;
}

type Hole = Html | string | number | undefined | readonly Hole[];

/** Builds HTML: every hole is escaped unless it was built by this function itself, so a forgotten escape is not possible. */
export function html(strings: TemplateStringsArray, ...holes: readonly Hole[]): Html {
  return { html: strings.map((text, at) => text + shown(holes[at])).join('') };
}

/** HTML written by us and nobody else: the style sheet. */
export function trusted(text: string): Html {
  return { html: text };
}

function shown(hole: Hole): string {
  if (hole === undefined) return '';
  if (typeof hole === 'string' || typeof hole === 'number') return escaped(String(hole));
  return 'html' in hole ? hole.html : hole.map(shown).join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return Array.from(
    text.replaceAll(/[&<>"']/g, (char) => ENTITIES[char] ?? char),
    visible,
  ).join('');
}

// Control characters of a target's output are shown as symbols: they must not move text about or hide it.
function visible(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (char === '\n' || char === '\t' || (code >= 0x20 && code < 0x7f)) return char;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  const turnsText = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  return turnsText ? '\ufffd' : char;
}
