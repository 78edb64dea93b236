import type { Client, ClientChannel } from 'ssh2';
import { SCRIPT_OUTPUT_MAX_BYTES, SSH_REQUEST_TIMEOUT_MS } from '../../engine/limits.ts';

/** One command on a machine with what it reads. */
export interface SshRequest {
  readonly command: string;
  readonly input: Buffer;
}

/** What a command answered. After `lost` it may or may not have run; after `not_sent` it has not. */
export type SshAnswer =
  | { readonly kind: 'answered'; readonly output: Buffer }
  | { readonly kind: 'not_sent' | 'lost'; readonly message: string };

/** Two kept streams, an answer line and what a login script may print before it. */
const ANSWER_MAX_BYTES = 2 * SCRIPT_OUTPUT_MAX_BYTES + 16_384;

/** Runs one command over an open connection and collects its standard output; ends after `SSH_REQUEST_TIMEOUT_MS` or with the signal. */
export function sshRequest(client: Client, request: SshRequest, signal: AbortSignal): Promise<SshAnswer> {
  const { promise, resolve } = Promise.withResolvers<SshAnswer>();
  if (signal.aborted) return Promise.resolve({ kind: 'not_sent', message: 'called off before it was sent' });
  let channel: ClientChannel | undefined;
  let given = false;
  // Before the session is open none of the input has left, and no program acts without all of it.
  const giveUp = (message: string): void => {
    given = true;
    resolve({ kind: channel === undefined ? 'not_sent' : 'lost', message });
    channel?.close();
  };
  const onAbort = (): void => giveUp('called off before the machine answered');
  const onClose = (): void => giveUp('the connection was lost before the machine answered');
  const timer = setTimeout(() => giveUp('the machine did not answer in time'), SSH_REQUEST_TIMEOUT_MS);
  signal.addEventListener('abort', onAbort, { once: true });
  client.once('close', onClose);
  try {
    client.exec(request.command, (error, opened) => {
      if (error !== undefined) return resolve({ kind: 'not_sent', message: `the machine opens no session: ${error.message}` });
      if (given) return opened.close();
      channel = opened;
      collect(opened, resolve);
      opened.end(request.input);
    });
  } catch (cause) {
    resolve({ kind: 'not_sent', message: cause instanceof Error ? cause.message : 'the connection is closed' });
  }
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    client.removeListener('close', onClose);
  });
}

function collect(channel: ClientChannel, resolve: (answer: SshAnswer) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  channel.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= ANSWER_MAX_BYTES) chunks.push(chunk);
  });
  channel.stderr.resume();
  // A program that answers before it has read all of its input ends the channel early; its answer still counts.
  channel.on('error', () => undefined);
  // Without an exit status the channel was cut, and what came is not the whole answer.
  let exited = false;
  channel.on('exit', () => (exited = true));
  channel.on('close', () =>
    resolve(
      exited
        ? { kind: 'answered', output: Buffer.concat(chunks) }
        : { kind: 'lost', message: 'the session ended before the machine answered' },
    ),
  );
}
