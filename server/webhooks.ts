import { isProduction } from '../engine/access/decide.ts';
import { RunwardError } from '../engine/errors.ts';
import type { RunId } from '../engine/ids.ts';
import { canonicalJson, type JsonObject } from '../engine/json.ts';
import type { LoadedRunbook } from '../engine/language/load.ts';
import type { WebhookDefinition } from '../engine/language/runbook.ts';
import { openToSevere } from '../engine/plan/open-severe.ts';
import { makePlan } from '../engine/plan/plan.ts';
import { computeVars } from '../engine/plan/vars.ts';
import type { Principal } from '../engine/run/record.ts';
import { startRun } from '../engine/run/start.ts';
import type { ServerContext } from './context.ts';
import { isSimulated } from './loopback.ts';
import type { HashedPlan } from './plans.ts';
import { refusedByFindings } from './problem.ts';
import { testedAt } from './restore-tests.ts';
import { runFacts } from './run-facts.ts';
import { whyNotAllowed } from './schedules.ts';
import { calledBy } from './start.ts';
import { checkSignature, type SignedMessage } from './webhook-signature.ts';

const RESOLVE_MS = 5_000;

/** What a webhook was asked for. */
export interface HookRequest {
  /** `<runbook>.<id of the webhook>`. */
  readonly hook: string;
  readonly message: SignedMessage;
  /** The address that it came from: only refused messages are counted against it. */
  readonly from: string;
}

/**
 * Starts the run that a signed message asks for, in the name of who published the runbook; the same message again finds the same run.
 * Throws ACCESS_NOT_SIGNED_IN for everything that is not signed by the secret of exactly this webhook, also when there is no such webhook.
 */
export async function startByWebhook(
  context: ServerContext,
  request: HookRequest,
): Promise<{ readonly runId: RunId; readonly replayed: boolean }> {
  const { ports, budget } = context;
  const { id, found } = await identifyHook(context, request);
  budget.take('start', `webhook ${request.hook}`);
  const runId = ports.ids.uuid5('webhook', request.hook, id) as RunId;
  if ((await ports.store.readRun(runId)) !== undefined) return { runId, replayed: true };
  const { loaded, webhook, writer } = found;
  const inputs = bodyOf(request.message);
  const made = await planOfHook(context, found, inputs);
  const denied = await whyNotAllowed(context, writer, [
    { runbook: loaded.runbook.name, environment: loaded.runbook.environment },
    ...calledBy(made),
  ]);
  if (denied !== undefined) throw new RunwardError('ACCESS_DENIED', `webhook ${request.hook}: ${denied}`);
  await admit(context, made);
  const started = await startRun(ports, {
    plan: made,
    runId,
    requester: { ...writer, name: `webhook ${request.hook}` },
    trigger: 'webhook',
    triggerBody: { inputs },
    requestDigest: ports.ids.sha256(canonicalJson({ hook: webhook.id, message: id })),
    ...runFacts(context, made.plan),
  });
  ports.log.info('run accepted', {
    runId,
    number: started.number,
    runbook: loaded.runbook.name,
    planHash: made.hash,
    webhook: request.hook,
  });
  return { runId, replayed: started.kind === 'exists' };
}

interface Hook {
  readonly loaded: LoadedRunbook;
  readonly webhook: WebhookDefinition;
  readonly writer: Principal;
}

async function identifyHook(
  context: ServerContext,
  { hook, message, from }: HookRequest,
): Promise<{ readonly id: string; readonly found: Hook }> {
  const { ports, budget } = context;
  const refuse = (reason: string): never => {
    budget.take('sign_in', from);
    ports.log.warn('webhook refused', { webhook: hook.slice(0, 130), from, reason });
    throw new RunwardError('ACCESS_NOT_SIGNED_IN', `the message was refused: ${reason}`);
  };
  const secrets = await ports.hookSecrets?.resolve(`secret:${hook}`, AbortSignal.timeout(RESOLVE_MS));
  const found = await findHook(context, hook);
  // One answer for an unknown address and for one without a secret: nobody learns which webhooks there are.
  if (secrets?.kind !== 'found' || found === undefined) return refuse('there is no such webhook, or it has no secret here');
  const verdict = checkSignature(message, secrets.value, ports.clock.nowMs());
  return verdict.kind === 'holds' ? { id: verdict.id, found } : refuse(verdict.reason);
}

async function findHook({ projects }: ServerContext, hook: string): Promise<Hook | undefined> {
  const [name = '', id = ''] = hook.split('.');
  const loaded = (await projects.current()).runbooks.get(name);
  const webhook = loaded?.runbook.webhooks?.find((one) => one.id === id);
  const writer = loaded === undefined ? undefined : await projects.writerOf(loaded.path);
  return loaded === undefined || webhook === undefined || writer === undefined ? undefined : { loaded, webhook, writer };
}

function bodyOf({ body }: SignedMessage): JsonObject {
  let parsed: unknown;
  try {
    parsed = body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new RunwardError('USAGE_BODY', 'the body is not JSON', {}, cause);
  }
  const inputs: unknown = isMap(parsed) ? (parsed['inputs'] ?? {}) : undefined;
  if (isMap(parsed) && isMap(inputs) && Object.keys(parsed).every((key) => key === 'inputs')) return inputs as JsonObject;
  throw new RunwardError('USAGE_BODY', 'the body is {"inputs": {…}} and nothing else');
}

async function planOfHook(context: ServerContext, { loaded, webhook }: Hook, given: JsonObject): Promise<HashedPlan> {
  const { ports, config } = context;
  const surplus = Object.keys(given).filter((name) => !webhook.inputs.includes(name));
  if (surplus.length > 0)
    throw new RunwardError(
      'USAGE_BODY',
      `this webhook does not take ${surplus.join(', ')}; it takes ${webhook.inputs.join(', ') || 'no inputs'}`,
    );
  const { vars, failed } = computeVars(webhook.set, {}, ports.clock.nowMs());
  const [broken] = Object.entries(failed);
  if (broken !== undefined) throw new RunwardError('USAGE_DOCUMENT', `set.${broken[0]} of the webhook: ${broken[1]}`);
  const { timeScale } = config.azure;
  const made = await makePlan(ports, {
    project: await context.projects.current(),
    runbook: loaded.runbook.name,
    inputs: { ...given, ...(vars as JsonObject) },
    testedAtMs: (definition) => testedAt(context, definition),
    signal: context.closing,
    ...(timeScale === undefined ? {} : { simulatedScale: timeScale }),
  });
  if (made.kind === 'refused') throw refusedByFindings(`no plan of ${loaded.runbook.name} can be made`, made.findings);
  return made;
}

async function admit({ ports, config }: ServerContext, { plan }: HashedPlan): Promise<void> {
  const open = openToSevere(plan);
  if (open !== undefined)
    throw new RunwardError('ACCESS_DENIED', `the plan is severe, and ${open}: a webhook starts it only behind an approval`);
  if (isProduction(plan.environment) && !isSimulated(config) && (await ports.store.durability()).tier === 'none')
    throw new RunwardError('STORE_NOT_DURABLE', 'the store could lose an accepted run, and production runs are refused');
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
