const HIDDEN_MAX_MS = 60_000;

/** Aborts when the tab was hidden for a minute without a break: a browser has few connections to a server, and tabs share them. */
export function hiddenTooLong(until: AbortSignal): AbortSignal {
  const given = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const changed = (): void => {
    clearTimeout(timer);
    if (document.visibilityState === 'hidden') timer = setTimeout(() => given.abort(), HIDDEN_MAX_MS);
  };
  changed();
  document.addEventListener('visibilitychange', changed, { signal: until });
  until.addEventListener('abort', () => clearTimeout(timer));
  return given.signal;
}

/** Resolves as soon as the tab is seen, or when the signal aborts. */
export function untilSeen(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (document.visibilityState !== 'hidden' || signal.aborted) return resolve();
    document.addEventListener('visibilitychange', () => resolve(), { once: true, signal });
    signal.addEventListener('abort', () => resolve());
  });
}
