import type {
  Azure,
  AzureHandle,
  AzureLimits,
  AzureNeed,
  AzurePollAnswer,
  AzureQuery,
  AzureReadAnswer,
  AzureReadKind,
  AzureReads,
  AzureSubmitAnswer,
} from '../../engine/azure-calls.ts';
import type { AzureOperation } from '../../engine/azure-operations.ts';
import { READ_TIMEOUT_MS, SUBMIT_TIMEOUT_MS } from '../../engine/limits.ts';
import { looksLikeJson, looksLikeList, receiptOf, sortFailedRead, sortSubmit } from './answers.ts';
import { callOptions } from './call-options.ts';
import { makeClients } from './clients.ts';
import type { AzureConfig } from './config.ts';
import { sortPoll } from './follow.ts';
import { cloudOf } from './hosts.ts';
import { send } from './operations.ts';
import { withFollowedJobs } from './followed-jobs.ts';
import { makeBudget } from './budget.ts';
import { answer } from './reads.ts';
import { makeSession } from './session.ts';
import { Unreadable } from './unreadable.ts';

/** Azure over the official SDKs, which are loaded at the first call. Throws USAGE_CONFIG_INVALID for an endpoint that is not https. */
export function createAzure(config: AzureConfig): Azure {
  return createLimitedAzure(config).azure;
}

/** Azure with what is left of its limits, for processes that tell each other. Throws USAGE_CONFIG_INVALID for an endpoint that is not https. */
export function createLimitedAzure(config: AzureConfig): { readonly azure: Azure; readonly limits: AzureLimits } {
  const { endpoint } = cloudOf(config);
  // What is left of Azure's limits belongs to the identity: it outlives clients that are made anew.
  const budget = makeBudget(`${endpoint} ${identityOf(config.credential)}`);
  const session = makeSession(() => makeClients(config, budget));
  const limited = (signal: AbortSignal, ms: number): AbortSignal =>
    AbortSignal.any([signal, AbortSignal.timeout(config.requestTimeoutMs ?? ms)]);

  const submit = async (operation: AzureOperation, requestId: string, signal: AbortSignal): Promise<AzureSubmitAnswer> => {
    // The limit runs from here on: the caller's lease covers it, loading SDKs and fetching a token included.
    const options = callOptions(requestId, limited(signal, config.submitTimeoutMs ?? SUBMIT_TIMEOUT_MS));
    const { wire, error, tokenRefused } = await session.exchange((clients) => send(clients, operation, options), 'send');
    if (!tokenRefused || !wire.answer) return sortSubmit(wire, error, Date.now());
    const message = 'Azure does not accept a fresh token either';
    return { kind: 'refused', reason: 'denied', code: 'Unauthorized', message, receipt: receiptOf(wire.answer) };
  };

  const poll = async (handle: AzureHandle, signal: AbortSignal, need: AzureNeed): Promise<AzurePollAnswer> => {
    const { opUrl } = handle;
    if (opUrl === undefined) return { kind: 'gone' };
    const limit = limited(signal, READ_TIMEOUT_MS);
    const { wire, error } = await session.exchange((clients) => clients.get(opUrl, limit), need);
    return sortPoll(wire, error, Date.now());
  };

  const readOne = async <Kind extends AzureReadKind>(
    query: AzureQuery<Kind>,
    signal: AbortSignal,
    need: AzureNeed,
  ): Promise<AzureReadAnswer<AzureReads[Kind]['value']>> => {
    const limit = limited(signal, READ_TIMEOUT_MS);
    const { wire, value, error, tokenRefused } = await session.exchange((clients) => answer(clients, query, limit), need);
    // SDKs make an empty resource of a login page that a gateway sent with status 200.
    if (value !== undefined && wire.answer && looksLikeJson(wire.answer)) {
      // SDKs make an empty list of an answer that has none.
      if (Array.isArray(value) && !looksLikeList(wire.answer))
        return sortFailedRead(wire, new Error('the answer is not a list'), Date.now());
      const { dateMs } = receiptOf(wire.answer);
      return { kind: 'found', value, ...(dateMs === undefined ? {} : { dateMs }) };
    }
    if (error instanceof Unreadable) return { kind: 'invalid', message: error.message };
    const failed = sortFailedRead(wire, error, Date.now());
    return tokenRefused ? { kind: 'denied', message: failed.message } : failed;
  };

  const read = withFollowedJobs(readOne);
  const callsFor = (need: AzureNeed): Azure => ({
    submit,
    poll: (handle, signal) => poll(handle, signal, need),
    read: (query, signal) => read(query, signal, need),
    for: callsFor,
  });
  return { azure: callsFor('poll'), limits: budget };
}

/** What tells one identity from another. Managed identities of two hosts look the same where they have no id: then one waits for the other. */
function identityOf(credential: AzureConfig['credential']): string {
  const { tenantId, clientId } = { tenantId: undefined, clientId: undefined, ...credential };
  return [credential.kind, tenantId ?? '', clientId ?? ''].join(' ');
}
