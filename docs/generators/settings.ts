import { configKeys } from '../../engine/config.ts';
import { code, page, table } from './markdown.ts';

/** docs/reference/config.md: every setting of server and worker. */
export function settingsPage(): string {
  const rows = configKeys().map((key) => [code(key.key), code(key.env), code(key.default ?? ''), key.description]);
  return page(
    'Settings',
    'Settings of the server and worker processes. An environment variable wins over the configuration file, the file wins over the default. An unknown setting or a value out of bounds stops the start. Numbers carry their unit in their name.',
    [table(['Setting', 'Variable', 'Default', 'Meaning'], rows)],
  );
}
