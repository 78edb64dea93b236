const POLL_MS = 20;
/** Only what never comes true comes to this limit: a busy machine may take a multiple of its usual time. */
const LIMIT_MS = 180_000;

/** Waits until a condition holds, asking again and again; throws when it has not held for three minutes. Shows the last error of the condition. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const endMs = Date.now() + LIMIT_MS;
  let last: unknown;
  while (Date.now() < endMs) {
    try {
      if (await condition()) return;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error('the condition did not come true within three minutes', { cause: last });
}
