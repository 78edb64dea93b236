import type { WindowDefinition } from '../language/runbook.ts';
import { nextSlot, type SlotRule } from '../schedule/slots.ts';

/** Whether changes may start now, until when, or from when on. Times are milliseconds since 1970. */
export type WindowState =
  | { readonly open: true; readonly closesAtMs: number }
  | { readonly open: false; readonly opensAtMs: number | undefined };

/** Whether one of these windows is open: each lasts from a slot of its pattern for an elapsed time, whatever the clock of its zone does meanwhile. */
export function windowState(windows: readonly WindowDefinition[], nowMs: number): WindowState {
  const closes = windows.flatMap((window) => closesAtMs(window, nowMs) ?? []);
  if (closes.length > 0) return { open: true, closesAtMs: Math.max(...closes) };
  const opens = windows.flatMap((window) => nextSlot(ruleOf(window), nowMs) ?? []);
  return { open: false, opensAtMs: opens.length === 0 ? undefined : Math.min(...opens) };
}

/** The end of the first window that opens after an instant; undefined when none does. */
export function endOfNextWindow(windows: readonly WindowDefinition[], afterMs: number): number | undefined {
  const next = windows
    .flatMap((window) => {
      const slot = nextSlot(ruleOf(window), afterMs);
      return slot === undefined ? [] : [{ slot, end: slot + window.durationMs }];
    })
    .toSorted((left, right) => left.slot - right.slot)[0];
  return next?.end;
}

/** The end of the last slot that is open; undefined when none is. */
function closesAtMs(window: WindowDefinition, nowMs: number): number | undefined {
  const rule = ruleOf(window);
  let open: number | undefined;
  for (let slot = nextSlot(rule, nowMs - window.durationMs); slot !== undefined && slot <= nowMs; slot = nextSlot(rule, slot)) open = slot;
  return open === undefined ? undefined : open + window.durationMs;
}

function ruleOf({ cron, timezone, dayMatch }: WindowDefinition): SlotRule {
  return { id: 'window', cron, timezone, dayMatch, jitterMs: 0 };
}
