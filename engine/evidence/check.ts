/** One question that verification asked. `part` names what was changed, where the answer is no. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly part?: string;
}

/** A question whose answer is no. */
export function wrong(name: string, part: string, detail: string): Check {
  return { name, ok: false, part, detail };
}
