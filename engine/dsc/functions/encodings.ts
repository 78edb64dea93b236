import { fail } from '../expression/problem.ts';
import { type DscFunction, STRING, textArgument } from './function.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const MEDIA_TYPE = /^(?:[\w.+-]+\/[\w.+-]+)?$/;
const CHARSET = /^charset=utf-?8$/i;

/** Functions that write texts for other places and read them back. */
export const ENCODING_FUNCTIONS: readonly DscFunction[] = [
  onText('base64', 'The UTF-8 bytes of a text in base 64', base64),
  onText('base64ToString', 'The text of base 64 with padding; it must be UTF-8', base64ToText),
  onText('dataUri', 'A data URI of the text in base 64', (text) => `data:application/json;base64,${base64(text)}`),
  onText('dataUriToString', 'The text of a data URI in base 64; its charset can only be UTF-8', dataUriToText),
  onText('uriComponent', 'The text with everything escaped but letters, digits and -._~', uriComponent),
  onText('uriComponentToString', 'The text with its escapes undone; what is no escape stays', uriComponentToText),
  {
    name: 'uri',
    syntax: 'uri(base, relative)',
    summary: 'An absolute URI: the second as seen from the first',
    args: [STRING, STRING],
    call: ([base, relative]) => joinedUri(textArgument(base), textArgument(relative)),
  },
];

function onText(name: string, summary: string, change: (text: string) => string): DscFunction {
  return { name, syntax: `${name}(text)`, summary, args: [STRING], call: ([text]) => change(textArgument(text)) };
}

function base64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''));
}

function base64ToText(text: string): string {
  if (!BASE64.test(text)) return fail('the text is no base 64 with padding');
  const binary = atob(text);
  // Bits that no byte needs must be zero, or two texts would mean the same.
  if (btoa(binary) !== text) return fail('the text is no base 64: its last character is wrong');
  return utf8Text(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
}

function utf8Text(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail('the bytes are no UTF-8 text');
  }
}

function dataUriToText(text: string): string {
  const comma = text.indexOf(',');
  const [type = '', ...options] = text.slice('data:'.length, Math.max(comma, 0)).split(';');
  const isRight = text.startsWith('data:') && comma > 0 && MEDIA_TYPE.test(type) && options.pop() === 'base64' && options.length <= 1;
  if (!isRight) return fail('the text is no data URI in base 64', { hint: 'data:[type][;charset=utf-8];base64,…' });
  const [charset] = options;
  if (charset !== undefined && !CHARSET.test(charset)) return fail(`the data URI says ${charset}: only charset=utf-8 is known`);
  return base64ToText(text.slice(comma + 1));
}

/** A text as it stands in a URI; also how the name of an instance stands in its id. */
export function uriComponent(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Undoes `uriComponent`. Throws DSC_EXPRESSION for escapes that make no UTF-8. */
export function uriComponentToText(text: string): string {
  const bytes: number[] = [];
  for (const part of text.matchAll(/%([0-9a-fA-F]{2})|[^%]+|%/g)) {
    if (part[1] === undefined) for (const byte of new TextEncoder().encode(part[0])) bytes.push(byte);
    else bytes.push(Number.parseInt(part[1], 16));
  }
  return utf8Text(Uint8Array.from(bytes));
}

function joinedUri(base: string, relative: string): string {
  if (base === '') return fail('the base of a URI cannot be empty');
  if (!URL.canParse(base)) return fail('the base of a URI must be absolute');
  if (relative.startsWith('///')) return fail('what is joined to a URI cannot start with ///');
  return URL.canParse(relative, base) ? new URL(relative, base).href : fail('these two make no URI');
}
