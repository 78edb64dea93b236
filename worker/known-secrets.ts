import { createRedactor, type Redactor, SECRET_BYTES_MIN } from '../engine/evidence/redact.ts';
import type { Secrets } from '../engine/ports.ts';

const KNOWN_MAX = 1_000;

/** Secrets that are remembered, in this process only, for as long as it may log: nothing that was read ever stands in a log line. */
export interface KnownSecrets {
  readonly watch: (secrets: Secrets) => Secrets;
  readonly redact: (text: string) => string;
}

/** An empty memory of secrets. The oldest value is forgotten beyond 1,000. */
export function createKnownSecrets(): KnownSecrets {
  const values = new Set<string>();
  let redactor: Redactor | undefined;
  const remember = (value: string): void => {
    if (new TextEncoder().encode(value).length < SECRET_BYTES_MIN || values.has(value)) return;
    values.add(value);
    const [oldest] = values;
    if (values.size > KNOWN_MAX && oldest !== undefined) values.delete(oldest);
    redactor = undefined;
  };
  return {
    watch: (secrets) => ({
      async resolve(reference, signal) {
        const answer = await secrets.resolve(reference, signal);
        if (answer.kind === 'found') remember(answer.value);
        return answer;
      },
    }),
    redact(text) {
      redactor ??= createRedactor([...values]);
      return redactor.text(text);
    },
  };
}
