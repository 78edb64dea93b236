import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage, violations } from '../support/browser.ts';
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts';
import { lacks } from '../support/lacks.ts';
import { GREET } from '../unit/server/documents.ts';

const without = [lacks('redis-server'), lacks('chromium')].some(Boolean);

describe.skipIf(without)('the console with API tokens', () => {
  let server: ConsoleServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await startConsoleServer([GREET], { RUNWARD_AUTH: 'token' });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('asks for a token, keeps it in this tab alone, and shows nothing before', async () => {
    const token = await server.token();
    const { page } = await openPage(browser);
    await page.goto(`${server.url}/runbooks`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.getByText('greet').count()).toBe(0);
    expect(await violations(page)).toEqual([]);

    await page.getByLabel('API token').fill('rw_000000000000_wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await page.getByLabel('API token').fill(token);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'greet' }).waitFor();
    expect(page.url()).not.toContain(token);
    expect(await page.evaluate('[document.cookie, localStorage.length]')).toEqual(['', 0]);

    const other = await page.context().newPage();
    await other.goto(`${server.url}/runbooks`);
    await other.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.context().close();
  });
});
