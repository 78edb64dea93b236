import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../../engine/config.ts';
import { buildApp } from '../../server/app.ts';
import type { ServerContext } from '../../server/context.ts';

/** docs/reference/openapi.json: the contract of the HTTP API, from the schemas of its routes. No route is called. */
export async function openApiText(): Promise<string> {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')) as { readonly version: string };
  const context = { config: parseConfig({}), version: manifest.version, publicKey: '', baseUrl: () => '' } as unknown as ServerContext;
  const app = await buildApp(context);
  const text = JSON.stringify(app.swagger(), undefined, 2);
  await app.close();
  return `${text}\n`;
}
