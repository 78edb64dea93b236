import type { FindingFormat } from '../engine/language/render.ts';

/** The words for -o that commands with findings have beside those of every command. The language itself is loaded when there is something to print. */
export const FINDING_WORDS = ['human', 'sarif', 'github', 'junit'] as const satisfies readonly FindingFormat[];
