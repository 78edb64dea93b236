import { randomUUID } from 'node:crypto';
import type { Azure, AzureRunCommand, AzureSubmitAnswer } from '../../engine/azure-calls.ts';
import { OTHER_WORK_POLL_MS, RETRY_DEFAULT_MS, RUN_COMMAND_OUTPUT_MAX_BYTES, RUN_COMMAND_VISIBLE_MS } from '../../engine/limits.ts';
import type { ScriptAttempt, ScriptStart, ScriptState, Shell } from '../../engine/ports.ts';
import type { Target } from '../../engine/target.ts';

/** First lines that make the guest agent use another interpreter than `sh`. */
const SHEBANGS = { sh: '', bash: '#!/bin/bash\n', pwsh: '#!/usr/bin/env pwsh\n', powershell: '' } as const;

/** Scripts on Azure machines over managed run commands (version 2): the name of an attempt is the name of a resource below the machine. */
export function createRunCommandShell(azure: Azure, nowMs: () => number = () => performance.now()): Shell {
  // ARM may not show a new resource for a moment: a name that was accepted just now runs, whatever a read says.
  const acceptedAtMs = new Map<string, number>();
  const isNew = (target: Target, name: string): boolean => {
    const sinceMs = acceptedAtMs.get(keyOf(target, name));
    return sinceMs !== undefined && nowMs() - sinceMs < RUN_COMMAND_VISIBLE_MS;
  };
  const remember = (target: Target, name: string): void => {
    for (const [key, sinceMs] of acceptedAtMs) if (nowMs() - sinceMs >= RUN_COMMAND_VISIBLE_MS) acceptedAtMs.delete(key);
    acceptedAtMs.set(keyOf(target, name), nowMs());
  };

  const look = async (target: Target | undefined, name: string, signal: AbortSignal): Promise<ScriptState> => {
    if (!target) return { kind: 'unreachable', message: 'a run command needs a machine', retryAfterMs: OTHER_WORK_POLL_MS };
    const answer = await azure.read({ kind: 'runCommand.get', vmId: target.id, name }, signal);
    switch (answer.kind) {
      case 'found':
        return stateOf(answer.value);
      case 'missing':
        return { kind: isNew(target, name) ? 'running' : 'absent' };
      case 'unanswered':
        return { kind: 'unreachable', message: answer.message, retryAfterMs: answer.retryAfterMs };
      case 'denied':
      case 'invalid':
        return { kind: 'unreachable', message: answer.message, retryAfterMs: OTHER_WORK_POLL_MS };
    }
  };

  const start = async (target: Target | undefined, attempt: ScriptAttempt, signal: AbortSignal): Promise<ScriptStart> => {
    if (!target) return { kind: 'refused', message: 'a run command needs a machine' };
    const unfit = unfitShell(target, attempt);
    if (unfit !== undefined) return { kind: 'refused', message: unfit };
    // A second PUT of the same name replaces the resource and runs the script again.
    const existing = await look(target, attempt.name, signal);
    if (existing.kind === 'unreachable') return { kind: 'not_sent', message: existing.message, retryAfterMs: existing.retryAfterMs };
    if (existing.kind !== 'absent') return { kind: 'accepted' };
    const location = target.location ?? (await locationOf(azure, target.id, signal));
    if (location === undefined) {
      return { kind: 'not_sent', message: `the region of ${target.name} could not be read`, retryAfterMs: RETRY_DEFAULT_MS };
    }
    const secret = (name: string): boolean => attempt.secretNames.includes(name);
    const entries = Object.entries(attempt.env);
    const operation = {
      kind: 'runCommand.put',
      vmId: target.id,
      name: attempt.name,
      location,
      script: scriptOf(attempt),
      parameters: Object.fromEntries(entries.filter(([name]) => !secret(name))),
      protectedParameters: Object.fromEntries(entries.filter(([name]) => secret(name))),
      timeoutMs: attempt.timeoutMs,
    } as const;
    const started = startOf(await azure.submit(operation, randomUUID(), signal));
    if (started.kind === 'accepted') remember(target, attempt.name);
    return started;
  };

  const remove = async (target: Target | undefined, name: string, signal: AbortSignal): Promise<void> => {
    if (!target) return;
    acceptedAtMs.delete(keyOf(target, name));
    await azure.submit({ kind: 'runCommand.delete', vmId: target.id, name }, randomUUID(), signal);
  };

  return { start, look, stop: remove, remove };
}

function keyOf(target: Target, name: string): string {
  return `${target.id.toLowerCase()} ${name}`;
}

function startOf(answer: AzureSubmitAnswer): ScriptStart {
  switch (answer.kind) {
    case 'accepted':
      return answer.handle.opUrl === undefined ? { kind: 'accepted' } : { kind: 'accepted', opUrl: answer.handle.opUrl };
    case 'completed':
      return { kind: 'accepted' };
    case 'not_sent':
    case 'throttled':
      return { kind: answer.kind, message: answer.message, retryAfterMs: answer.retryAfterMs };
    case 'refused': {
      const message = `${answer.message} (${answer.code})`;
      // Other work on the machine may be our own earlier request; a machine that does not run took nothing.
      const unsure = answer.reason === 'conflict' && answer.code !== 'OperationNotAllowed';
      return { kind: unsure ? 'ambiguous' : 'refused', message };
    }
    case 'ambiguous':
      return { kind: 'ambiguous', message: answer.message };
  }
}

/** The execution state decides: the provisioning state may stay `Creating` after the script has ended. */
function stateOf(command: AzureRunCommand): ScriptState {
  const state = command.executionState?.toLowerCase() ?? 'unknown';
  switch (state) {
    case 'succeeded':
      return ended(command, command.exitCode ?? 0);
    case 'failed':
      return ended(command, command.exitCode === undefined || command.exitCode === 0 ? -1 : command.exitCode);
    case 'timedout':
      return { ...ended(command, command.exitCode ?? -1), timedOut: true };
    case 'canceled':
      return ended(command, command.exitCode ?? -1);
    default:
      return { kind: 'running' };
  }
}

function ended(command: AzureRunCommand, exitCode: number): Extract<ScriptState, { kind: 'ended' }> {
  // A script that never ran has no exit code and no output; the agent's own words stand in the message.
  const neverRan = exitCode !== 0 && (command.exitCode ?? 0) === 0 && command.error === '';
  const cut = (text: string): boolean => Buffer.byteLength(text, 'utf8') >= RUN_COMMAND_OUTPUT_MAX_BYTES;
  // A cut text may begin inside a secret, whose second half no redactor would find: it begins with its first whole line.
  const whole = (text: string): string => (cut(text) ? text.slice(text.indexOf('\n') + 1) : text);
  return {
    kind: 'ended',
    exitCode,
    stdout: whole(command.output),
    stderr: neverRan ? (command.executionMessage ?? '') : whole(command.error),
    truncated: cut(command.output) || cut(command.error),
    timedOut: false,
  };
}

function unfitShell(target: Target, attempt: ScriptAttempt): string | undefined {
  const windows = target.os === 'windows';
  if (windows && (attempt.shell === 'sh' || attempt.shell === 'bash')) return `${target.name} runs Windows, which has no ${attempt.shell}`;
  if (windows && attempt.shell === 'pwsh') return `run commands on Windows use powershell; ${target.name} cannot be asked for pwsh`;
  if (!windows && attempt.shell === 'powershell') return `${target.name} does not run Windows; use pwsh instead of powershell`;
  return undefined;
}

function scriptOf(attempt: ScriptAttempt): string {
  return attempt.script.startsWith('#!') ? attempt.script : `${SHEBANGS[attempt.shell]}${attempt.script}`;
}

async function locationOf(azure: Azure, vmId: string, signal: AbortSignal): Promise<string | undefined> {
  const answer = await azure.read({ kind: 'vm.get', vmId }, signal);
  return answer.kind === 'found' ? answer.value.location : undefined;
}
