import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { webcrypto } from 'node:crypto';
import { join } from 'node:path';
import { installReflection } from './reflection.ts';

const VALID_DAYS = 30;
const DAY_MS = 86_400_000;

/** Key and certificate as PEM, and the file a client names as its CA. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
  readonly caFile: string;
}

/** Reads the certificate of a state folder or makes a new one (P-256, 30 days, localhost and the given names) when there is none that is still valid. */
export async function certificateOf(folder: string, names: readonly string[]): Promise<Certificate> {
  const caFile = join(folder, 'ca.pem');
  const keyFile = join(folder, 'tls-key.pem');
  installReflection();
  const x509 = await import('@peculiar/x509');
  if (existsSync(caFile) && existsSync(keyFile)) {
    const cert = readFileSync(caFile, 'utf8');
    if (new x509.X509Certificate(cert).notAfter.getTime() > Date.now() + DAY_MS)
      return { key: readFileSync(keyFile, 'utf8'), cert, caFile };
  }

  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=localhost',
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + VALID_DAYS * DAY_MS),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign, true),
      new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1']),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
        ...names.map((name) => ({ type: 'dns' as const, value: name })),
      ]),
    ],
  });
  const secret = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = `-----BEGIN PRIVATE KEY-----\n${secret.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END PRIVATE KEY-----\n`;
  const cert = `${certificate.toString('pem')}\n`;
  writeFileSync(keyFile, key, { mode: 0o600 });
  writeFileSync(caFile, cert);
  return { key, cert, caFile };
}
