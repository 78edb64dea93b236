import type { FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { ErrorCode } from '../engine/errors.ts';
import { ERRORS, RunwardError } from '../engine/errors.ts';
import type { Finding } from '../engine/language/diagnostics.ts';
import type { Log } from '../engine/ports.ts';
import type { Problem } from './schemas/problem.ts';

const TITLES: readonly (readonly [string, string])[] = [
  ['USAGE_', 'The request cannot be used as it is'],
  ['ACCESS_', 'This is not allowed'],
  ['NOT_FOUND_REMOVED_', 'It was removed'],
  ['NOT_FOUND_', 'There is no such thing'],
  ['CONFLICT_', 'The state does not allow it'],
  ['GATE_', 'A gate does not let it pass'],
  ['RUN_', 'The run does not allow it'],
  ['LIMIT_', 'A limit is reached'],
  ['ARM_', 'Azure did not answer as needed'],
  ['STORE_', 'The store cannot take it now'],
];

const RETRY_AFTER_SECONDS = 5;

// Codes of the HTTP library that are the caller's mistake, in our words.
const LIBRARY: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['LIMIT_SIZE', 'the body is larger than 1 MiB; split the project or shorten the inputs'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['USAGE_BODY', 'bodies are application/json and nothing else'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['USAGE_BODY', 'the body is empty; send a JSON object'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['USAGE_BODY', 'the body is not JSON'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['USAGE_BODY', 'the body is not as long as its header says'],
  FST_ERR_BAD_URL: ['NOT_FOUND_ROUTE', 'the address is not valid'],
};

/** The error as it leaves the server: never with a stack, a cause or anything else that was not written for the caller. */
export function problemOf(error: unknown, request: Pick<FastifyRequest, 'id' | 'url'>): Problem {
  const known = asKnown(error);
  const row = ERRORS[known.code];
  const { errors, findings } = known.detail;
  return {
    type: `urn:runward:problem:${known.code}`,
    title: TITLES.find(([prefix]) => known.code.startsWith(prefix))?.[1] ?? 'Something inside went wrong',
    status: row.http,
    detail: known.message,
    instance: request.url.split('?')[0] ?? request.url,
    code: known.code,
    retryable: row.retry === 'after' || row.retry === 'backoff',
    requestId: request.id,
    docs: `codes/${known.code}`,
    ...(errors === undefined ? {} : { errors: errors as NonNullable<Problem['errors']> }),
    ...(findings === undefined ? {} : { findings: findings as readonly Finding[] }),
  };
}

/** Answers a request with a problem; what nobody expected is logged with its cause, under the request's id. */
export function sendProblem(log: Log, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error, request);
  if (problem.status >= 500) {
    log.error('request failed', {
      requestId: request.id,
      code: problem.code,
      route: request.routeOptions.url ?? '',
      error: describe(error),
    });
  }
  if (problem.status === 429 || problem.status === 503) void reply.header('retry-after', String(retryAfter(error)));
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer realm="runward"');
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .send(JSON.stringify({ ...extras(error), ...problem }));
}

/** The error of a document or of inputs that do not hold: 422 with every finding. */
export function refusedByFindings(what: string, findings: readonly Finding[]): RunwardError {
  const errors = findings.filter((finding) => finding.severity === 'error').length;
  return new RunwardError('USAGE_DOCUMENT', `${what}: ${errors} ${errors === 1 ? 'error' : 'errors'}; nothing was changed`, { findings });
}

function asKnown(error: unknown): RunwardError {
  if (error instanceof RunwardError) return error.code === 'INTERNAL_INVARIANT' ? internal() : error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const where = error.validationContext === 'body' ? 'body' : (error.validationContext ?? 'query');
    const errors = error.validation.map((issue) => ({ pointer: issue.instancePath, code: issue.keyword, message: issue.message ?? '' }));
    const text = errors.map(({ pointer, message }) => `${pointer === '/' ? where : pointer}: ${message}`).join('; ');
    return new RunwardError(where === 'body' ? 'USAGE_BODY' : 'USAGE_QUERY', `the ${where} does not fit: ${text}`, { errors });
  }
  const code = (error as { readonly code?: unknown }).code;
  const row = typeof code === 'string' ? LIBRARY[code] : undefined;
  if (row !== undefined) return new RunwardError(row[0], row[1]);
  return (error as { readonly statusCode?: unknown }).statusCode === 400
    ? new RunwardError('USAGE_BODY', 'the body is not JSON')
    : internal();
}

function internal(): RunwardError {
  return new RunwardError(
    'INTERNAL_INVARIANT',
    'the server could not finish the request; nothing more is known here, its log has the cause',
  );
}

// What a caller needs to go on, by name: the level and name of a confirmation, the plan that it is about.
function extras(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof RunwardError) || error.code === 'INTERNAL_INVARIANT') return {};
  const { level, expected, planHash } = error.detail;
  return { level, expected, planHash };
}

function retryAfter(error: unknown): number {
  const seconds = error instanceof RunwardError ? error.detail['retryAfterSeconds'] : undefined;
  return typeof seconds === 'number' ? seconds : RETRY_AFTER_SECONDS;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `; cause: ${error.cause.message}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
