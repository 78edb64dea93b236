import { z } from 'zod';
import { parseDurationMs } from './duration.ts';
import { parseInstantMs } from './instant.ts';
import { isSecretReference } from './secret-reference.ts';

// The message of a check is the code of its finding, with what it was about behind the colon.

/** An id: snake_case, so that it can be a field of an expression. */
export const id = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'RW208:id');

/** A name of a document, team or environment: kebab-case. */
export const name = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'RW208:name');

/** Text for people; empty texts say nothing. */
export const text = z.string().min(1).max(8192);

/** A duration as written, for example 1h30m. */
export const duration = z.string().refine((value) => parseDurationMs(value) !== undefined, 'RW213');

/** A duration that something takes or may take: more than nothing. */
export const positiveDuration = duration.refine((value) => (parseDurationMs(value) ?? 1) > 0, 'RW207:more than 0s');

const LONGEST_MS = 30 * 86_400_000;
const SHORTEST_PERIOD_MS = 60_000;

/** A duration of a whole run or of a person's answer: at most 30 days. */
export const longDuration = positiveDuration.refine((value) => (parseDurationMs(value) ?? 0) <= LONGEST_MS, 'RW207:at most 30d');

/** How often readiness checks are made on their own: each time their whole runbook is planned and its machines are read. */
export const checkPeriod = longDuration.refine(
  (value) => (parseDurationMs(value) ?? SHORTEST_PERIOD_MS) >= SHORTEST_PERIOD_MS,
  'RW207:at least 1m',
);

/** A list that an expression gives. */
export const listExpression = z.string().regex(/^\s*\$\{\{[^]*\}\}\s*$/, 'RW205:one expression in ${{ }}');

/** A whole number that an expression gives. */
export const wholeExpression = z.string().regex(/^\s*\$\{\{[^]*\}\}\s*$/, 'RW205:a whole number, or one expression in ${{ }}');

/** A point in time with an offset. */
export const instant = z.string().refine((value) => parseInstantMs(value) !== undefined, 'RW205:an RFC 3339 time with an offset');

/** Bare CEL; its inside is checked with the names that are visible at its place. */
export const cel = z.string().min(1);

/** A value that may hold `${{ }}`. */
export const templated = z.unknown();

/** A reference to a secret, never the secret. */
export const secretReference = z.string().refine(isSecretReference, 'RW503');

/** A wave: at least one, or a share of them. */
export const wave = z.union([
  z.number().int().min(1),
  z.string().regex(/^(100|[1-9][0-9]?)%$/, 'RW205:a count from 1 or a share from 1% to 100%'),
]);

/** A count, or a share such as 10%. */
export const share = z.union([z.number().int().min(0), z.string().regex(/^(100|[0-9]{1,2})%$/, 'RW205:a count or a share such as 10%')]);
