import type { Capture } from './capture.ts';
import { lostFields } from './lossless.ts';

/** What the drive brings home besides the exchanges: the states that recorded facts are compared with, and fields the SDK lost. */
export interface Driven {
  readonly states: Map<string, unknown>;
  readonly lost: { readonly call: string; readonly pointer: string }[];
}

/** Calls the SDK and compares what it gives with what came over the wire. */
export async function call<Result>(capture: Capture, driven: Driven, name: string, perform: () => Promise<Result>): Promise<Result> {
  const result = await perform();
  const raw = capture.exchanges.at(-1)?.answer;
  for (const pointer of lostFields(raw, result)) driven.lost.push({ call: name, pointer });
  return result;
}

/** All entries of a paged list. */
export async function collect<Each>(list: AsyncIterable<Each>): Promise<readonly Each[]> {
  const found: Each[] = [];
  for await (const each of list) found.push(each);
  return found;
}

/** Makes a call that must be refused; a call that is not is itself wrong. */
export async function refused(perform: () => Promise<unknown>): Promise<void> {
  let answered = false;
  try {
    await perform();
    answered = true;
  } catch {
    // The refusal is in the exchanges, where it is judged.
  }
  if (answered) throw new Error('a call that Azure refuses was accepted');
}

/** Name of the job that the last accepted submission has started. */
export function jobOf(capture: Capture): string {
  const accepted = capture.exchanges.findLast((exchange) => exchange.method !== 'GET' && exchange.status === 202);
  return accepted?.headers['azure-asyncoperation']?.match(/replicationOperationStatus\/([^?]+)/)?.[1] ?? '';
}
