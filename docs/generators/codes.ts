import { CODES } from '../../engine/language/codes.ts';
import { page } from './markdown.ts';

const RANGES = [
  ['RW1', 'Reading the file'],
  ['RW2', 'Shape of the document'],
  ['RW3', 'Expressions'],
  ['RW4', 'References'],
  ['RW5', 'Safety'],
  ['RW-DSC', 'Configuration documents'],
] as const;

/** docs/reference/codes.md: every finding that `runward validate` and `runward plan` can make. */
export function codesPage(): string {
  const rows = Object.entries(CODES);
  const parts = RANGES.flatMap(([prefix, title]) => {
    const own = rows.filter(([name]) => name.startsWith(prefix));
    if (own.length === 0) return [];
    return [
      `## ${prefix}xx: ${title}`,
      ...own.flatMap(([name, row]) => [`### ${name}`, `${row.severity}: ${row.message}`, `Hint: ${row.hint}`]),
    ];
  });
  return page(
    'Findings',
    'What checking a document can find. Every finding has a file, a line and a column; words in braces are filled in. A code is never reused for something else.',
    parts,
  );
}
