const REFERENCE = /^(keyvault:\/\/[A-Za-z0-9-]{3,24}\/[A-Za-z0-9-]{1,127}|env:\/\/[A-Za-z_][A-Za-z0-9_]*|secret:[A-Za-z0-9._/-]+)$/;

/** True for the three ways to name a secret: keyvault://vault/name, env://NAME, secret:name. */
export function isSecretReference(text: string): boolean {
  return REFERENCE.test(text);
}
