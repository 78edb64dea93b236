/** Nothing was sent, because little or nothing of a limit of Azure is left. */
export class OverBudget extends Error {
  readonly retryAfterMs: number;
  constructor(waitMs: number) {
    super(`nothing was sent: Azure allows no more requests of this kind, the next one in ${Math.ceil(waitMs / 1000)} s`);
    this.retryAfterMs = waitMs;
  }
}
