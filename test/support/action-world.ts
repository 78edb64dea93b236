import { createHash, randomUUID } from 'node:crypto';
import type { ActionContext, ActionPorts } from '../../engine/actions/action.ts';
import type { RunId, StepKey } from '../../engine/ids.ts';
import type { ScriptAttempt, ScriptStart, ScriptState, Shell } from '../../engine/ports.ts';
import type { Target } from '../../engine/target.ts';

/** Ports for one action: a clock that moves when it sleeps and yields to real work, secrets that say their reference. */
export function actionPorts(ports: Partial<ActionPorts>): ActionPorts {
  let nowMs = 1_790_000_000_000;
  const missing = (): never => {
    throw new Error('this action has no business with that port');
  };
  return {
    clock: {
      nowMs: () => nowMs,
      monotonicMs: () => nowMs,
      sleep: async (ms) => {
        nowMs += Math.min(ms, 1);
        await new Promise((resolve) => setImmediate(resolve));
      },
    },
    azure: { submit: missing, poll: missing, read: missing },
    shell: { start: missing, look: missing, stop: missing, remove: missing },
    http: { request: missing, connect: missing },
    tls: { certificate: missing },
    dns: { ask: missing },
    channels: { has: missing, send: missing },
    store: { readDriftText: missing },
    secrets: { resolve: (reference) => Promise.resolve({ kind: 'found', value: `value of ${reference}` }) },
    ids: {
      newRunId: missing,
      newToken: missing,
      uuid5: missing,
      sha256: (text) => createHash('sha256').update(text).digest('hex'),
    },
    ...ports,
  };
}

/** The context of a first attempt with a step key of its own. */
export function actionContext<Input>(context: { readonly input: Input } & Partial<ActionContext<Input>>): ActionContext<Input> {
  return {
    runId: 'a5b6c7d8-0000-4000-8000-000000000001' as RunId,
    stepKey: randomUUID() as StepKey,
    stepPath: 'check',
    attempt: 1,
    send: 1,
    requestId: randomUUID(),
    requestIds: [],
    target: undefined,
    createdAtMs: 1_790_000_000_000,
    before: undefined,
    signal: new AbortController().signal,
    ...context,
  };
}

/** A Linux machine as a target. */
export function machine(changes: Partial<Target> = {}): Target {
  return {
    key: 'web1',
    name: 'web1',
    kind: 'host',
    id: 'web1',
    lockId: 'web1',
    os: 'linux',
    address: '10.0.0.4',
    via: 'ssh',
    port: null,
    user: 'ops',
    credential: 'secret:key',
    tags: {},
    location: null,
    resourceGroup: null,
    subscription: null,
    recoveryGroup: null,
    powerState: null,
    environment: null,
    ...changes,
  };
}

/** A shell whose attempts are entries of a map: `states` is what the machine holds, `started` what really began there. */
export interface MapShell extends Shell {
  readonly states: Map<string, ScriptState>;
  readonly started: ScriptAttempt[];
  /** Answers the next starts with these, without effect unless they are `accepted` or `ambiguous`. */
  readonly answers: ScriptStart[];
}

/** Starts become what `end` gives; a name that exists starts nothing. */
export function mapShell(end: (attempt: ScriptAttempt) => ScriptState): MapShell {
  const states = new Map<string, ScriptState>();
  const started: ScriptAttempt[] = [];
  const answers: ScriptStart[] = [];
  return {
    states,
    started,
    answers,
    start: (_target, attempt) => {
      const answer = answers.shift() ?? { kind: 'accepted' };
      const begins = answer.kind === 'accepted' || answer.kind === 'ambiguous';
      if (begins && !states.has(attempt.name)) {
        started.push(attempt);
        states.set(attempt.name, end(attempt));
      }
      return Promise.resolve(answer);
    },
    look: (_target, name) => Promise.resolve(states.get(name) ?? { kind: 'absent' }),
    stop: () => Promise.resolve(),
    remove: (_target, name) => {
      states.delete(name);
      return Promise.resolve();
    },
  };
}

/** The state of a script that has ended. */
export function endedScript(exitCode: number, stdout = '', changes: { timedOut?: boolean; truncated?: boolean } = {}): ScriptState {
  return { kind: 'ended', exitCode, stdout, stderr: '', truncated: false, timedOut: false, ...changes };
}
