import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The version in package.json, which lies one folder above the sources and two above the built files. */
export function productVersion(): string {
  const file = ['../package.json', '../../package.json'].map((path) => fileURLToPath(new URL(path, import.meta.url))).find(existsSync);
  if (file === undefined) return '0.0.0';
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}
