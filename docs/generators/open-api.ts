import { openApiDocument } from '../../server/contract.ts';

/** docs/reference/openapi.json: the contract of the HTTP API, from the schemas of its routes. */
export async function openApiText(): Promise<string> {
  return `${JSON.stringify(await openApiDocument(), undefined, 2)}\n`;
}
