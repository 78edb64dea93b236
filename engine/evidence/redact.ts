import { RunwardError } from '../errors.ts';

/** The shortest secret that can be found again: shorter ones would blank out ordinary words. */
export const SECRET_BYTES_MIN = 6;

const MASK = '***';
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Replaces secret values in text by `***`. */
export interface Redactor {
  readonly text: (text: string) => string;
  /** For text that arrives in pieces: what could be the beginning of a secret is held back until the next piece or the end. */
  readonly stream: () => RedactingStream;
}

export interface RedactingStream {
  readonly push: (chunk: string) => string;
  readonly end: () => string;
}

/**
 * Makes a redactor for secret values: it finds them raw, in base64 (all three alignments), base64url, hex, percent-encoded, as JSON and XML
 * text, and line by line. It stands before every truncation. Throws USAGE_CONFIG_INVALID for a value below 6 bytes.
 */
export function createRedactor(values: readonly string[]): Redactor {
  const patterns = [...new Set(values.flatMap(formsOf).map((form) => form.toLowerCase()))].toSorted((a, b) => b.length - a.length);
  const index = byFirstUnit(patterns);
  const longest = patterns[0]?.length ?? 0;
  return {
    text: (text) => (longest === 0 ? text : mask(index, { text, upTo: text.length, covered: 0, inside: false }).done),
    stream: () => redactingStream(index, longest),
  };
}

function redactingStream(index: PatternIndex, longest: number): RedactingStream {
  let held = '';
  let state = { covered: 0, inside: false };
  const advance = (text: string, upTo: number): string => {
    const { done, ...rest } = mask(index, { text, upTo, ...state });
    held = text.slice(upTo);
    state = rest;
    return done;
  };
  return {
    push: (chunk) => {
      const text = held + chunk;
      // A pattern that begins before this place is complete by now; one that begins later may still grow.
      return longest === 0 ? text : advance(text, Math.max(0, text.length - longest + 1));
    },
    end: () => advance(held, held.length),
  };
}

type PatternIndex = ReadonlyMap<string, readonly string[]>;

interface Masking {
  readonly text: string;
  readonly upTo: number;
  /** How many units from the start belong to a secret that began before. */
  readonly covered: number;
  /** True when the unit before was masked: overlapping and adjacent secrets share one mask. */
  readonly inside: boolean;
}

function mask(index: PatternIndex, masking: Masking): { readonly done: string; readonly covered: number; readonly inside: boolean } {
  const { text, upTo } = masking;
  let { covered, inside } = masking;
  let done = '';
  let plainFrom = 0;
  for (let at = 0; at < upTo; at += 1) {
    covered = Math.max(covered, at + longestAt(index, text, at));
    if (at < covered) {
      if (!inside) done += text.slice(plainFrom, at) + MASK;
      inside = true;
      plainFrom = at + 1;
    } else inside = false;
  }
  return { done: done + text.slice(plainFrom, upTo), covered: Math.max(0, covered - upTo), inside };
}

// Hex digits and percent escapes are written in either case; that a raw secret is found in any case only masks more.
function longestAt(index: PatternIndex, text: string, at: number): number {
  const candidates = index.get(text.charAt(at).toLowerCase());
  return candidates?.find((pattern) => text.slice(at, at + pattern.length).toLowerCase() === pattern)?.length ?? 0;
}

function byFirstUnit(patterns: readonly string[]): PatternIndex {
  const index = new Map<string, string[]>();
  for (const pattern of patterns) {
    const first = pattern.charAt(0);
    const list = index.get(first);
    if (list === undefined) index.set(first, [pattern]);
    else list.push(pattern);
  }
  return index;
}

function formsOf(value: string): readonly string[] {
  const bytes = new TextEncoder().encode(value);
  if (bytes.length < SECRET_BYTES_MIN) {
    throw new RunwardError(
      'USAGE_CONFIG_INVALID',
      `a secret must have at least ${SECRET_BYTES_MIN} bytes, otherwise it cannot be kept out of logs`,
    );
  }
  const lines = value.split(/\r?\n/).filter((line) => line !== value && new TextEncoder().encode(line).length >= SECRET_BYTES_MIN);
  return [value, ...lines].flatMap(encodings);
}

function encodings(value: string): readonly string[] {
  const bytes = new TextEncoder().encode(value);
  const base64 = [0, 1, 2].map((shift) => base64Core(bytes, shift));
  const json = JSON.stringify(value).slice(1, -1);
  return [
    value,
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
    percentEncoded(bytes, /[A-Za-z0-9\-_.!~*'()]/),
    percentEncoded(bytes, /[A-Za-z0-9\-_.~]/),
    percentEncoded(bytes, /[A-Za-z0-9\-_.~]/).replaceAll('%20', '+'),
    json,
    json.replaceAll('/', '\\/'),
    asciiJson(json),
    xmlEscaped(value, '&#39;'),
    xmlEscaped(value, '&apos;'),
    xmlText(value),
  ].filter((form) => form.length >= SECRET_BYTES_MIN);
}

// Inside a longer base64 text only the characters that hold nothing but bits of the secret are always the same.
function base64Core(bytes: Uint8Array, shift: number): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const from = (6 - ((shift * 8) % 6)) % 6;
  let text = '';
  for (let at = from; at + 6 <= bits.length; at += 6) text += BASE64.charAt(Number.parseInt(bits.slice(at, at + 6), 2));
  return text;
}

function percentEncoded(bytes: Uint8Array, kept: RegExp): string {
  return [...bytes]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return byte < 128 && kept.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

function asciiJson(json: string): string {
  return json.replaceAll(/[^\u0020-\u007e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function xmlEscaped(value: string, apostrophe: string): string {
  return xmlText(value).replaceAll('"', '&quot;').replaceAll("'", apostrophe);
}

function xmlText(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
