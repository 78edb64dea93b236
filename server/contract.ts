import { parseConfig } from '../engine/config.ts';
import { assemble } from './serve.ts';

/** The contract of the API as an OpenAPI 3.1 document, made from the schemas of the routes; needs nothing from outside. */
export async function openApiDocument(): Promise<object> {
  // Describing routes calls no port, and none is given: a route that did would fail here.
  const { app, close } = await assemble({ config: parseConfig({}), ports: {} as never, publicKey: '', version: 'v1' });
  try {
    return app.swagger();
  } finally {
    await close();
  }
}
