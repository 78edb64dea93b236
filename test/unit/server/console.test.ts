import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApp } from '../../../server/app.ts';
import type { App } from '../../../server/context.ts';
import { readConsoleFiles } from '../../../server/console-files.ts';
import { makeServerWorld, type ServerWorld } from './server-world.ts';

const HOST = { host: '127.0.0.1:7080' };
const FILES = {
  files: [
    { name: 'index.html', type: 'text/html; charset=utf-8' },
    { name: 'app-1.js', type: 'text/javascript; charset=utf-8' },
  ],
};

describe('the files of the console', () => {
  let folder = '';
  let world: ServerWorld;
  let app: App;

  beforeAll(async () => {
    folder = `${mkdtempSync(join(tmpdir(), 'runward-console-'))}/`;
    writeFileSync(`${folder}files.json`, JSON.stringify(FILES));
    writeFileSync(`${folder}index.html`, '<!doctype html><title>runward</title>');
    writeFileSync(`${folder}app-1.js`, 'export {};');
    writeFileSync(`${folder}secret.js`, 'not in the list');
    world = await makeServerWorld();
    const consoleFiles = await readConsoleFiles(folder);
    if (consoleFiles === undefined) throw new Error('no console was read');
    app = await buildApp({ ...world.context, consoleFiles });
  });
  afterAll(async () => {
    await app.close();
    await world.close();
    rmSync(folder, { recursive: true });
  });

  const get = (url: string, headers: Readonly<Record<string, string>> = {}) =>
    app.inject({ method: 'GET', url, headers: { ...HOST, ...headers } });

  it.each([
    '/',
    '/runs',
    '/runs/142',
    '/runs/142/logs',
    '/runbooks',
    '/runbooks/nightly',
    '/schedules',
    '/schedules/nightly.web',
    '/drift',
    '/drift/0f',
    '/recovery',
  ])('%s is the page, under its own policy', async (url) => {
    const { statusCode, headers, body } = await get(url);
    expect([statusCode, headers['content-type'], body]).toEqual([200, 'text/html; charset=utf-8', '<!doctype html><title>runward</title>']);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'; require-trusted-types-for 'script'");
    expect(policy).not.toContain('unsafe');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    });
  });

  it('serves what the build listed, and nothing beside it', async () => {
    expect((await get('/console/app-1.js')).body).toBe('export {};');
    for (const url of [
      '/console/secret.js',
      '/console/',
      '/console/files.json',
      '/console/index.html',
      '/console/..%2fpackage.json',
      '/runs/1/x',
    ]) {
      expect((await get(url)).statusCode).toBe(404);
    }
  });

  it('opens from a link of another site, and its API does not', async () => {
    const foreign = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await get('/runs/142', foreign)).statusCode).toBe(200);
    expect((await get('/api/v1/runs', foreign)).statusCode).toBe(403);
    expect((await get('/console/app-1.js', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).statusCode).toBe(403);
    expect((await get('/', { host: 'evil.example' })).statusCode).toBe(403);
  });

  it('says on its first page that it was not built', async () => {
    const { status, text, headers } = await world.call('GET', '/');
    expect([status, headers['content-type']]).toEqual([503, 'text/plain; charset=utf-8']);
    expect(text).toContain('npm run console');
    expect((await world.call('GET', '/runs/1')).status).toBe(404);
  });

  it('refuses a build that is not whole, or that names a file elsewhere', async () => {
    const broken = `${mkdtempSync(join(tmpdir(), 'runward-console-'))}/`;
    expect(await readConsoleFiles(broken)).toBeUndefined();
    for (const files of [FILES.files, [{ name: '../../etc/passwd.html', type: 'text/html' }], []]) {
      writeFileSync(`${broken}files.json`, JSON.stringify({ files }));
      await expect(readConsoleFiles(broken)).rejects.toMatchObject({ code: 'USAGE_CONFIG_INVALID' });
    }
    rmSync(broken, { recursive: true });
  });
});
