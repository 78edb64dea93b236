import { sign as signWith, verify as verifyWith } from 'node:crypto';
import type { IdentityKeys } from '../identity-keys.ts';

/** The claims of a token. */
export type Claims = Readonly<Record<string, unknown>>;

/** A key that signs tokens and knows its own signatures again. */
export interface Signing {
  /** The public half, in the form that token checkers fetch. */
  readonly publicKeys: () => readonly Readonly<Record<string, unknown>>[];
  readonly sign: (claims: Claims) => string;
  /** The claims of a token that this key has signed; undefined for every other text. */
  readonly read: (token: string) => Claims | undefined;
}

/** Signs with a key. */
export function makeSigning({ privateKey, publicKey, keyId }: Pick<IdentityKeys, 'privateKey' | 'publicKey' | 'keyId'>): Signing {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  return {
    publicKeys: () => [{ ...publicKey.export({ format: 'jwk' }), use: 'sig', kid: keyId, alg: 'RS256' }],
    sign: (claims) => {
      const text = `${encode({ typ: 'JWT', alg: 'RS256', kid: keyId })}.${encode(claims)}`;
      return `${text}.${signWith('RSA-SHA256', Buffer.from(text), privateKey).toString('base64url')}`;
    },
    read: (token) => {
      const [, text, claims, signature] = /^([\w-]+\.([\w-]+))\.([\w-]+)$/.exec(token) ?? [];
      if (text === undefined || claims === undefined || signature === undefined) return undefined;
      if (!verifyWith('RSA-SHA256', Buffer.from(text), publicKey, Buffer.from(signature, 'base64url'))) return undefined;
      return JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as Claims;
    },
  };
}
