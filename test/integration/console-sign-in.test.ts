import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage, violationsInThemes } from '../support/browser.ts';
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

  it('asks for a token, keeps none, shows nothing before, and forgets who signed in when asked', async () => {
    const token = await server.token();
    const { page } = await openPage(browser);
    await page.goto(`${server.url}/runbooks`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.getByText('greet').count()).toBe(0);
    expect(await violationsInThemes(page)).toEqual([]);

    await page.getByLabel('API token').fill('rw_000000000000_wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await page.getByLabel('API token').fill(token);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'greet' }).waitFor();
    expect(page.url()).not.toContain(token);
    expect(await page.evaluate('[document.cookie, localStorage.length, sessionStorage.length]')).toEqual(['', 0, 0]);
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    expect(cookie?.value).not.toContain(token);

    const other = await page.context().newPage();
    await other.goto(`${server.url}/runbooks`);
    await other.getByRole('link', { name: 'greet' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await other.reload();
    await other.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.context().close();
  });
});
