import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildConsole } from '../../cli/console-build.ts';
import { projectRoot } from '../../cli/project-root.ts';
import { measuredClockText } from '../../cli/terminal.ts';
import type { RunSummary } from '../../engine/run/summary.ts';
import { openBrowser, openPage, THEMES, violations, violationsInThemes } from '../support/browser.ts';
import { lacks } from '../support/lacks.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

const BUNDLE_MAX_BYTES = 60_000;
const PRESSES_MAX = 60;
const DRILL_MS = 180_000;
const CHECKS_MS = 60_000;

it(`script and style of the console are at most ${BUNDLE_MAX_BYTES / 1000} kB gzipped`, async () => {
  await buildConsole(projectRoot());
  const folder = join(projectRoot(), 'dist', 'console');
  const { files } = JSON.parse(readFileSync(join(folder, 'files.json'), 'utf8')) as {
    readonly files: readonly { readonly name: string }[];
  };
  const sizes = files.filter(({ name }) => /\.(js|css)$/.test(name)).map(({ name }) => gzipSync(readFileSync(join(folder, name))).length);
  expect(sizes.length).toBeGreaterThan(1);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(BUNDLE_MAX_BYTES);
});

const without = [lacks('redis-server'), lacks('chromium')].some(Boolean);

describe.skipIf(without)('the console in a browser, with the whole stack behind it', () => {
  let stack: TestStack;
  let browser: Browser;
  let base = '';

  beforeAll(async () => {
    stack = await startTestStack({ scale: 600, leaseMs: 4000 });
    await stack.startWorker();
    base = stack.client.baseUrl;
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  it('a run is started, approved and seen to succeed with the keyboard alone', async () => {
    const { page, said } = await openPage(browser);
    await page.goto(base);
    await page.getByRole('heading', { name: 'What needs a person' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('b');
    await tabTo(page, 'demo-drill');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Make a plan');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Start this plan' }).waitFor();
    await tabTo(page, 'Start this plan');
    await page.keyboard.press('Enter');

    await page.getByRole('button', { name: 'Approve', exact: true }).waitFor();
    await tabTo(page, 'Approve');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: /^Approve run/ }).waitFor();
    await page.keyboard.type('the drill of this quarter');
    await tabTo(page, 'Approve');
    await page.keyboard.press('Enter');
    await page.locator('.verdict', { hasText: 'succeeded' }).waitFor({ timeout: DRILL_MS });

    const number = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    const run = await stack.client.get<RunSummary>(`/runs/${number}`);
    expect(run.status).toBe('succeeded');
    // As in the terminal and in the evidence: rounded up, so that it never looks shorter than it was.
    await page.getByText(`${measuredClockText(run.objectives.rto?.elapsedMs ?? 0)} of 3:00 ✓ met`).waitFor();
    expect(said).toEqual([]);
    await page.context().close();
  });

  it('shows what differs on which machine, and the way to its history', async () => {
    const run = await stack.client.post<RunSummary>('/runs', { runbook: 'drift-check', inputs: {} });
    await stack.ended(run.id, DRILL_MS);
    const { page, said } = await openPage(browser);
    await page.goto(`${base}/drift`);
    const row = page.getByRole('region', { name: 'Differences' }).locator('tbody tr').first();
    const machine = (await row.getByRole('link').textContent()) ?? '';
    await row.getByRole('link').click();
    await page.getByRole('heading', { name: machine, level: 1 }).waitFor();
    await page.getByRole('region', { name: 'Checks, newest first' }).waitFor();
    expect(said).toEqual([]);
    await page.context().close();
  });

  it('pauses a schedule with a reason, and home says so until it is resumed', async () => {
    const { page, said } = await openPage(browser);
    await page.goto(`${base}/schedules/demo-drill.quarterly`);
    await page.getByRole('button', { name: 'Pause' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('the network is rebuilt');
    expect(await violationsInThemes(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Pause' }).click();
    await page.locator('.verdict', { hasText: 'paused' }).waitFor();
    await page.goto(base);
    await page.getByText('the network is rebuilt').waitFor();
    await page.goto(`${base}/schedules/demo-drill.quarterly`);
    await page.getByRole('button', { name: 'Resume' }).click();
    await dialog.waitFor();
    expect(await violationsInThemes(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Resume' }).click();
    await page.locator('.verdict', { hasText: 'active' }).waitFor();
    expect(said).toEqual([]);
    await page.context().close();
  });

  it('the recovery page shows each machine of a recovery plan with its figures', async () => {
    const { runs } = await stack.client.post<{ readonly runs: readonly RunSummary[] }>('/dr/shop/readiness', {}, randomUUID());
    for (const run of runs) await stack.ended(run.id, CHECKS_MS);
    const { page, said } = await openPage(browser);
    await page.goto(`${base}/recovery`);
    await page.getByText('Recovery plan rp-shop').waitFor();
    const row = page.getByRole('row', { name: /^web-04/ });
    await row.getByText('update required').waitFor();
    await row.getByText('all protected').waitFor();
    await page.getByText('Readiness never says that a recovery will work').waitFor();
    expect(said).toEqual([]);
    await page.context().close();
  });

  it.each(THEMES)('axe finds nothing on any page or dialog in the %s theme', async (theme) => {
    const ended = (await stack.client.get<{ readonly items: readonly RunSummary[] }>('/runs?status=succeeded')).items[0];
    const waiting = await waitingDrill(stack);
    const { page, said } = await openPage(browser, theme);
    const found: unknown[] = [];
    const look = async (path: string, sign: string) => {
      await page.goto(base + path);
      await page.getByText(sign).first().waitFor();
      found.push(...(await violations(page)).map((one) => ({ path, ...one })));
    };
    await look('/', 'Gates that wait');
    await look('/runs', 'Runs, newest first');
    await look('/runbooks', 'demo-drill');
    await look('/schedules', 'demo-drill.quarterly');
    await look('/schedules/demo-drill.quarterly', 'Next slots');
    await look('/recovery', 'no drill covers them: batch-01, jump-01');
    await look('/drift', 'Differences');
    await look(await hrefOf(page, 'main tbody a'), 'Checks, newest first');
    await look(`/runs/${ended?.number}/logs`, 'notify');
    await look(`/runs/${ended?.number}`, 'signed file');
    await look('/runbooks/demo-drill', 'Make a plan');
    await page.getByRole('button', { name: 'Make a plan' }).click();
    await page.getByRole('button', { name: 'Start this plan' }).waitFor();
    found.push(...(await violations(page)).map((one) => ({ path: 'plan', ...one })));
    await look(`/runs/${waiting.number}`, 'asks group:dr-approvers');
    for (const name of ['Keys', 'Approve', 'Deny', 'Cancel run']) {
      const button = page.getByRole('button', { name, exact: true });
      await button.click();
      await page.getByRole('dialog').waitFor();
      found.push(...(await violations(page)).map((one) => ({ path: `dialog ${name}`, ...one })));
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await button.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
    }
    expect(found).toEqual([]);
    expect(said).toEqual([]);
    await page.evaluate('document.querySelector("h1").append(document.createElement("button"))');
    expect((await violations(page)).map(({ rule }) => rule)).toEqual(['button-name']);
    await deny(page);
    await page.context().close();
  });

  it('nothing scrolls sideways on a phone', async () => {
    const { page } = await openPage(browser);
    await page.setViewportSize({ width: 360, height: 740 });
    for (const path of ['/', '/runs', '/runs/1', '/runbooks/demo-drill', '/recovery']) {
      await page.goto(base + path);
      await page.locator('h1').waitFor();
      await page.waitForLoadState('networkidle');
      expect([path, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path, 360]);
    }
    await page.context().close();
  });
});

async function waitingDrill(stack: TestStack): Promise<RunSummary> {
  const run = await stack.client.post<RunSummary>('/runs', { runbook: 'demo-drill', inputs: {}, reason: 'test' });
  for (;;) {
    const now = await stack.client.get<RunSummary>(`/runs/${run.id}?wait=5s`);
    if (now.waitingFor.some(({ kind }) => kind === 'approval')) return now;
    if (now.endedAt !== undefined) throw new Error(`run ${now.number} ended as ${now.status} before it asked`);
  }
}

// A refused drill holds no machine, so the next one can start.
async function deny(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Deny', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Deny' }).click();
  // The reason is required: nothing was sent, and the dialog is still there.
  await dialog.getByLabel('Reason').fill('not today');
  await dialog.getByRole('button', { name: 'Deny' }).click();
  await page.locator('.verdict', { hasText: 'rejected' }).waitFor();
}

async function hrefOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).first().getAttribute('href')) ?? '';
}

/** Presses Tab until the focus is on what has this text. */
async function tabTo(page: Page, text: string): Promise<void> {
  await page.getByText(text, { exact: true }).first().waitFor();
  for (let press = 0; press < PRESSES_MAX; press += 1) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate('document.activeElement?.textContent?.trim()')) === text) return;
  }
  throw new Error(`${PRESSES_MAX} presses of Tab did not reach "${text}"`);
}
