import { matchOperations } from './swagger.ts';
import { validate } from './validate.ts';
import type { Exchange } from './capture.ts';
import type { Service, SpecOperation } from './swagger.ts';

/** One thing that is not as published. */
export interface Problem {
  readonly operation: string;
  readonly where: string;
  readonly pointer: string;
  readonly rule: string;
  readonly message: string;
}

/** What was seen of one operation. */
export interface Tally {
  requests: number;
  readonly statuses: Set<number>;
  problems: number;
}

/** All that was judged. */
export interface Verdict {
  readonly tallies: Map<string, Tally>;
  readonly problems: Problem[];
}

/** A row of the table of operations that was observed with the unmodified SDKs. */
export interface KnownOperation {
  readonly http: string;
  readonly path: string;
  readonly apiVersion: string;
}

/** Reads of operations under way: their URLs are given out by the service and are in no specification. */
const FOLLOWED = /\/(replicationOperationStatus|operationresults|operations)\/[^/]+$/i;
/** Subscriptions, the deletion of groups, and these providers are not among the specifications of the folder. */
const UNPUBLISHED = [
  / .*\/providers\/Microsoft\.(Network|Authorization|AlertsManagement|Insights)\//i,
  /^POST .*\/virtualMachines\/[^/]+\/(installPatches|generalize)$/i,
  /^GET \/subscriptions(\/[^/]+)?$/i,
  /^DELETE \/subscriptions\/[^/]+\/resourceGroups\/[^/]+$/i,
];

/** Judges what passed between the SDKs and the simulator by the published specifications. */
export function judge(
  exchanges: readonly Exchange[],
  given: { readonly services: readonly Service[]; readonly known: readonly KnownOperation[] },
): Verdict {
  const verdict: Verdict = { tallies: new Map(), problems: [] };
  for (const exchange of exchanges) {
    const found = matchOperations(given.services, exchange.method, exchange.path);
    const [operation] = found;
    if (operation === undefined || found.length > 1) {
      if (FOLLOWED.test(exchange.path) || isUnpublished(exchange) || exchange.status === 404) judgeUnpublished(verdict, exchange);
      else
        add(verdict, `${exchange.method} ${exchange.path}`, {
          where: 'request',
          pointer: '/',
          rule: 'path',
          message: `matches ${found.length} published paths`,
        });
      continue;
    }
    const tally = tallyOf(verdict, operation.operationId);
    tally.requests += 1;
    tally.statuses.add(exchange.status);
    if (exchange.status < 400) judgeRequest(verdict, exchange, { operation, known: given.known });
    judgeAnswer(verdict, exchange, operation);
  }
  return verdict;
}

function isUnpublished({ method, path }: Exchange): boolean {
  return UNPUBLISHED.some((pattern) => pattern.test(`${method} ${path}`));
}

/** Notes a problem and counts it for its operation. */
export function add(verdict: Verdict, operation: string, problem: Omit<Problem, 'operation'>): void {
  verdict.problems.push({ operation, ...problem });
  const tally = verdict.tallies.get(operation);
  if (tally !== undefined) tally.problems += 1;
}

function tallyOf(verdict: Verdict, operation: string): Tally {
  const known = verdict.tallies.get(operation);
  if (known !== undefined) return known;
  const made = { requests: 0, statuses: new Set<number>(), problems: 0 };
  verdict.tallies.set(operation, made);
  return made;
}

function judgeRequest(
  verdict: Verdict,
  exchange: Exchange,
  given: { readonly operation: SpecOperation; readonly known: readonly KnownOperation[] },
): void {
  const { operation } = given;
  const wrong = (pointer: string, rule: string, message: string): void =>
    add(verdict, operation.operationId, { where: 'request', pointer, rule, message });
  const expected = operation.service.closed
    ? operation.service.version
    : given.known.find((row) => sameOperation(row, exchange))?.apiVersion;
  const version = exchange.query.get('api-version');
  if (expected !== undefined && version !== expected) wrong('/api-version', 'version', `${version} sent, ${expected} wanted`);
  const allowed = new Map(
    operation.parameters.filter((parameter) => parameter.in === 'query').map((parameter) => [parameter.name.toLowerCase(), parameter]),
  );
  // The rest of a list is asked for by an address that the service has made, with a mark of its own in it.
  const ours = [...exchange.query.keys()].filter((name) => !(operation.pageable && name.toLowerCase() === '$skiptoken'));
  for (const name of ours) if (!allowed.has(name.toLowerCase())) wrong(`/${name}`, 'query', 'the specification has no such parameter');
  for (const parameter of allowed.values())
    if (parameter.required === true && !exchange.query.has(parameter.name))
      wrong(`/${parameter.name}`, 'query', 'a required parameter is missing');
  const body = operation.parameters.find((parameter) => parameter.in === 'body');
  if (body?.schema === undefined) {
    if (exchange.sent !== undefined) wrong('/', 'body', 'the specification has no body here');
    return;
  }
  if (exchange.sent === undefined) {
    if (body.required === true) wrong('/', 'body', 'a required body is missing');
    return;
  }
  for (const finding of validate(body.schema, exchange.sent, { service: operation.service, direction: 'request' }))
    wrong(finding.pointer, finding.rule, finding.message);
}

function sameOperation(row: KnownOperation, exchange: Exchange): boolean {
  const wanted = row.path.split('/');
  const given = exchange.path.split('/');
  const open = (part: string): boolean => part.startsWith('{') || part === 'rc';
  return (
    row.http === exchange.method &&
    wanted.length === given.length &&
    wanted.every((part, place) => open(part) || part.toLowerCase() === given[place]?.toLowerCase())
  );
}

// Recordings of azure-cli sessions have numbers here where the specification has words: what Azure sends wins.
const RECORDED_OTHERWISE: ReadonlyMap<string, RegExp> = new Map([
  ['JobDetails_Get', /^\/properties\/actionsInfo\/\d+$/],
  ['BackupJobs_List', /^\/value\/\d+\/properties\/actionsInfo\/\d+$/],
]);

function judgeAnswer(verdict: Verdict, exchange: Exchange, operation: SpecOperation): void {
  const where = `answer ${exchange.status}`;
  const wrong = (pointer: string, rule: string, message: string): void =>
    add(verdict, operation.operationId, { where, pointer, rule, message });
  judgeHeaders(exchange, wrong);
  const declared = operation.responses[String(exchange.status)];
  if (exchange.status >= 400) return judgeError(exchange, operation, wrong);
  if (declared === undefined) return wrong('/', 'status', 'the specification has no such status');
  if (declared.schema === undefined)
    return exchange.answer === undefined ? undefined : wrong('/', 'body', 'the specification has no body here');
  if (exchange.answer === undefined) return wrong('/', 'body', 'the body is missing');
  for (const finding of validate(declared.schema, exchange.answer, { service: operation.service, direction: 'answer' }))
    if (RECORDED_OTHERWISE.get(operation.operationId)?.test(finding.pointer) !== true)
      wrong(finding.pointer, finding.rule, finding.message);
  if (!operation.pageable) return undefined;
  const { nextLink } = exchange.answer as { readonly nextLink?: unknown };
  if (typeof nextLink === 'string' && !nextLink.startsWith('https://')) wrong('/nextLink', 'nextLink', 'is not an absolute address');
  return undefined;
}

type Wrong = (pointer: string, rule: string, message: string) => void;

function judgeHeaders(exchange: Exchange, wrong: Wrong): void {
  // A recording has the headers of the operation, not those that every answer gets on its way out.
  if (exchange.via === 'recording') return;
  for (const name of ['x-ms-request-id', 'x-ms-correlation-request-id', 'x-ms-routing-request-id', 'date'])
    if (exchange.headers[name] === undefined) wrong(`/${name}`, 'header', 'is missing');
  if (exchange.answer !== undefined && exchange.headers['content-type']?.startsWith('application/json') !== true)
    wrong('/content-type', 'header', 'is not JSON');
  if (exchange.status !== 202) return;
  const urls = [exchange.headers['azure-asyncoperation'], exchange.headers['location']].filter((url) => url !== undefined);
  if (urls.length === 0) wrong('/azure-asyncoperation', 'header', 'neither operation URL is there');
  for (const url of urls) if (!url.startsWith('https://')) wrong('/azure-asyncoperation', 'header', 'is not an absolute address');
  if (!/^\d+$/.test(exchange.headers['retry-after'] ?? '')) wrong('/retry-after', 'header', 'is not a number of seconds');
}

/** Errors have the schema of `default` where the specification has one, and the shape of Azure Resource Manager everywhere. */
function judgeError(exchange: Exchange, operation: SpecOperation, wrong: Wrong): void {
  // An answer to HEAD has no body.
  if (exchange.method === 'HEAD') return;
  // Throttled requests are told so in several ways, one of them without `error`.
  if (exchange.status === 429) return;
  judgeErrorShape(exchange, wrong);
  const schema = (operation.responses[String(exchange.status)] ?? operation.responses['default'])?.schema;
  if (schema === undefined || exchange.answer === undefined) return;
  for (const finding of validate(schema, exchange.answer, { service: operation.service, direction: 'answer' }))
    wrong(finding.pointer, finding.rule, finding.message);
}

function judgeErrorShape(exchange: Exchange, wrong: Wrong): void {
  const { error } = (exchange.answer ?? {}) as { readonly error?: { readonly code?: unknown; readonly message?: unknown } };
  for (const name of ['code', 'message'] as const)
    if (typeof error?.[name] !== 'string' || error[name] === '') wrong(`/error/${name}`, 'error', 'is missing');
}

/** What no specification describes is still held to headers and the shape of errors. */
function judgeUnpublished(verdict: Verdict, exchange: Exchange): void {
  const name = `${exchange.method} ${exchange.path
    .replace(/^.*\/providers\//, '')
    .split('/')
    .filter((_part, place) => place === 0 || place % 2 === 1)
    .join('/')}`;
  const tally = tallyOf(verdict, name);
  tally.requests += 1;
  tally.statuses.add(exchange.status);
  const wrong: Wrong = (pointer, rule, message) => add(verdict, name, { where: `answer ${exchange.status}`, pointer, rule, message });
  judgeHeaders(exchange, wrong);
  if (exchange.status >= 400) judgeErrorShape(exchange, wrong);
}
