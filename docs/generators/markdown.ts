/** First line of every generated page. */
export const GENERATED = '<!-- Written by `npm run docs` from the code. Do not edit. -->';

/** A generated page: the mark, a heading, one paragraph that says what it is, and its parts, with one blank line between them. */
export function page(title: string, lead: string, parts: readonly string[]): string {
  return `${[GENERATED, `# ${title}`, lead, ...parts].join('\n\n')}\n`;
}

/** A table whose cells may hold any text; bars and line breaks are escaped. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')).join(' | ')} |`;
  return [line(headings), `|${headings.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/** Text in code marks; an empty text becomes `-`, which means "none" in every table. */
export function code(text: string): string {
  return text === '' ? '-' : `\`${text}\``;
}

/** A fenced block. */
export function fence(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}
