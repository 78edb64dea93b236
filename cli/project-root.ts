import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this product: where `runbooks/` lies, beside the sources or above `dist/` in the package. */
export function projectRoot(): string {
  const above = join(dirname(fileURLToPath(import.meta.url)), '..');
  return existsSync(join(above, 'runbooks')) ? above : join(above, '..');
}
