import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from './project-root.ts';

const PAGES = ['diagnostics', 'actions', 'language', 'resources', 'problems'];

/** A part of the generated reference: its heading and the text below it, as Markdown. */
export interface ReferencePart {
  readonly heading: string;
  readonly text: string;
}

/** Every part of the reference that has a heading of its own, in the order of the pages; with the first part, the heading alone counts. */
export async function referenceParts(): Promise<readonly ReferencePart[]> {
  const texts = await Promise.all(PAGES.map((page) => readFile(join(projectRoot(), 'docs', 'reference', `${page}.md`), 'utf8')));
  return texts.flatMap(partsOf);
}

function partsOf(page: string): readonly ReferencePart[] {
  return page
    .split(/^#{2,3} /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return { heading: part.slice(0, end).trim(), text: part.slice(end).trim() };
    });
}

/** Markdown as a terminal shows it: code is set in instead of fenced. */
export function terminalText({ heading, text }: ReferencePart): string {
  let fenced = false;
  const lines = text.split('\n').flatMap((line) => {
    if (line.startsWith('```')) {
      fenced = !fenced;
      return [];
    }
    return [fenced && line !== '' ? `    ${line}` : line];
  });
  return [heading, '', ...lines].join('\n');
}
