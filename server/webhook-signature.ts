import { createHmac, timingSafeEqual } from 'node:crypto';

/** How old or how far ahead a message may be, in milliseconds. */
const SKEW_MAX_MS = 300_000;
const ID = /^[\x21-\x7e]{1,200}$/;
const SECRET = /^whsec_([A-Za-z0-9+/]{32,}={0,2})$/;

/** A message as it came in, in the form of Standard Webhooks (standardwebhooks.com, specification of 2023). */
export interface SignedMessage {
  readonly id: string | undefined;
  /** Seconds since 1970 as text. */
  readonly timestamp: string | undefined;
  /** `v1,<base64>`, several divided by spaces. */
  readonly signature: string | undefined;
  readonly body: Buffer;
}

/** The id of a message whose signature holds, or why it does not. */
export type SignatureVerdict = { readonly kind: 'holds'; readonly id: string } | { readonly kind: 'refused'; readonly reason: string };

/** Checks the HMAC-SHA256 over `id.timestamp.body` in constant time. Each line of `secrets` is one `whsec_…`: two while they are rotated. */
export function checkSignature(message: SignedMessage, secrets: string, nowMs: number): SignatureVerdict {
  const { id, timestamp, signature, body } = message;
  const refuse = (reason: string): SignatureVerdict => ({ kind: 'refused', reason });
  if (id === undefined || timestamp === undefined || signature === undefined)
    return refuse('send the headers webhook-id, webhook-timestamp and webhook-signature');
  if (!ID.test(id)) return refuse('webhook-id is 1 to 200 printable characters without blanks');
  if (!/^\d{1,12}$/.test(timestamp)) return refuse('webhook-timestamp is seconds since 1970');
  if (Math.abs(nowMs - Number(timestamp) * 1000) > SKEW_MAX_MS) return refuse('webhook-timestamp is more than five minutes off');
  const keys = secrets.split(/\s+/).flatMap((text) => SECRET.exec(text)?.[1] ?? []);
  if (keys.length === 0) return refuse('the secret of this webhook is not of the form whsec_<base64 of at least 24 bytes>');
  const expected = keys.map((key) => createHmac('sha256', Buffer.from(key, 'base64')).update(`${id}.${timestamp}.`).update(body).digest());
  const given = signature.split(' ').flatMap((part) => (part.startsWith('v1,') ? [Buffer.from(part.slice(3), 'base64')] : []));
  const holds = given.some((mac) => expected.some((own) => mac.length === own.length && timingSafeEqual(mac, own)));
  return holds ? { kind: 'holds', id } : refuse('the signature does not hold');
}
