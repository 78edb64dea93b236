import { randomInt, randomUUID } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunId } from '../../engine/ids.ts';
import type { RunEvent } from '../../engine/store.ts';
import { openBrowser, openPage, violationsInThemes } from '../support/browser.ts';
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts';
import { startCutProxy } from '../support/cut-proxy.ts';
import { endedChecks } from '../contracts/store-removals-contract.ts';
import { lacks } from '../support/lacks.ts';

const SEED = Number(process.env['SEED'] ?? randomInt(1_000_000));
const STEPS = 400;
const CUTS = 200;
const REPLAY_MS = 240_000;
const TREE_ELEMENTS_MAX = 400;
const LOG_LINES = 100_000;
const ROWS_MAX = 200;
const LOG_REQUESTS_MAX = 3;
const HOSTILE = '<img src=x onerror=document.title="taken">';

const document = (name: string, title: string, steps: number) => ({
  path: `runbooks/${name}.yaml`,
  text: `apiVersion: runward/v1
kind: Runbook
metadata: { name: ${name}, title: '${title}', owner: team-a }
purpose: operations
environment: test
timeout: 1h
steps:
${Array.from({ length: steps }, (_, index) => `  - id: step_${index}\n    name: '${title} ${index}'\n    assert:\n      - that: "1 < 2"\n        message: arithmetic failed\n`).join('')}`,
});

const HAND = {
  path: 'runbooks/hand.yaml',
  text: `apiVersion: runward/v1
kind: Runbook
metadata: { name: hand, title: Work by hand, owner: team-a }
purpose: operations
environment: test
timeout: 2h
steps:
  - id: count
    manual:
      by: [group:dba]
      instructions: Count the rows
      timeout: 1h
      form:
        rows: { type: integer, description: Rows in the table }
`,
};

const DARK = {
  path: 'runbooks/dark.yaml',
  text: `apiVersion: runward/v1
kind: Runbook
metadata: { name: dark, title: In the dark, owner: team-a }
purpose: operations
environment: test
timeout: 1h
steps:
  - id: grow
    run: 'grow-the-disk'
`,
};

const without = [lacks('redis-server'), lacks('chromium')].some(Boolean);

describe.skipIf(without)('the console while a run goes on', () => {
  let server: ConsoleServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await startConsoleServer([document('many', 'Many steps', STEPS), document('hostile', HOSTILE, 2), HAND, DARK], {
      RUNWARD_ALLOW_LOCAL_SCRIPTS: 'true',
    });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it(`tells the whole history over a connection that is cut ${CUTS} times (seed ${SEED})`, async () => {
    const random = seeded(SEED);
    let cutsLeft = CUTS;
    // Some cuts fall into the headers of an answer (about 900 bytes), most into an event; after the last one the line holds.
    const nextCut = () => (cutsLeft-- > 0 ? 700 + Math.floor(random() * 1800) : Infinity);
    const proxy = await startCutProxy(Number(new URL(server.url).port), nextCut);
    const { page } = await openPage(browser);
    const runId = await start(server.url, 'many');
    await page.goto(`${proxy.url}/runs/${runId}`);
    await server.work(runId);
    const record = await server.store.readEvents(runId as RunId, 0, 10_000);
    await page.locator(`.live[data-seq="${record.length}"]`).waitFor({ timeout: REPLAY_MS });
    expect(proxy.cuts()).toBe(CUTS);

    expect(await transcript(page)).toEqual(record.map(lineOf));
    await page.locator('.verdict', { hasText: 'succeeded' }).waitFor();
    expect(await page.locator('section[aria-label="Steps of the run"] *').count()).toBeLessThanOrEqual(TREE_ELEMENTS_MAX);
    await page.context().close();
    await proxy.stop();
  }, 300_000);

  it('shows a log of 100,000 lines with few rows and few requests', async () => {
    const runId = await start(server.url, 'hostile');
    await server.work(runId);
    const at = { atMs: Date.now(), step: 'step_0', stream: 'stdout' } as const;
    for (let n = 0; n < LOG_LINES; n += 1000) {
      await server.store.appendLog(
        runId as RunId,
        Array.from({ length: 1000 }, (_, index) => ({ ...at, text: `line ${n + index + 1}` })),
      );
    }
    const { page } = await openPage(browser);
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/logs?')) asked.push(request.url());
    });
    await page.goto(`${server.url}/runs/${runId}/logs`);
    await page.getByText(`line ${LOG_LINES}`, { exact: true }).waitFor();
    await page.locator('.rows').evaluate((rows) => rows.scrollTo(0, 0));
    await page.getByText('line 1', { exact: true }).waitFor();

    expect(await page.locator('.rows li').count()).toBeLessThanOrEqual(ROWS_MAX);
    expect(asked.length).toBeLessThanOrEqual(LOG_REQUESTS_MAX);

    asked.length = 0;
    await page.goto(`${server.url}/runs/${runId}`);
    const rows = page.getByRole('region', { name: 'Log of step_0' });
    await rows.getByText(`line ${LOG_LINES}`, { exact: true }).waitFor();
    await rows.evaluate((box) => box.scrollTo(0, box.scrollHeight / 2));
    await rows.getByText(`line ${LOG_LINES / 2}`, { exact: true }).waitFor();
    expect(await rows.locator('li').count()).toBeLessThanOrEqual(ROWS_MAX);
    expect(asked.length).toBeLessThanOrEqual(LOG_REQUESTS_MAX);
    await page.context().close();
  }, 120_000);

  it('takes the answer to work by hand with its form, and keeps what was typed when it is refused', async () => {
    const runId = await start(server.url, 'hand');
    await server.work(runId);
    const { page, said } = await openPage(browser);
    await page.goto(`${server.url}/runs/${runId}`);
    for (const name of ['Done', 'Not done']) {
      await page.getByRole('button', { name, exact: true }).click();
      await page.getByRole('dialog').waitFor();
      expect(await violationsInThemes(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await page.getByRole('button', { name: 'Done', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('rows').fill('many');
    await dialog.getByRole('button', { name: 'Done' }).click();
    await dialog.getByRole('alert').filter({ hasText: 'USAGE_BODY' }).waitFor();
    expect(await dialog.getByLabel('rows').inputValue()).toBe('many');
    await dialog.getByLabel('rows').fill('42');
    await dialog.getByRole('button', { name: 'Done' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('requested, the worker has not applied it yet').waitFor();

    await server.work(runId);
    await page.locator('.verdict', { hasText: 'succeeded' }).waitFor();
    expect(said.filter((line) => !line.includes('400'))).toEqual([]);
    await page.context().close();
  });

  it('lets a person say what an unknown step did, with the keyboard', async () => {
    const runId = await start(server.url, 'dark');
    await server.workInTheDark(runId);
    const { page, said } = await openPage(browser);
    await page.goto(`${server.url}/runs/${runId}`);
    await page.locator('.verdict', { hasText: 'unknown' }).waitFor();
    await page.getByRole('button', { name: 'Resolve' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'What did grow do?' });
    await dialog.waitFor();
    expect(await violationsInThemes(page)).toEqual([]);
    await page.keyboard.press('Space');
    expect(await dialog.getByLabel(/it happened/).isChecked()).toBe(true);
    await page.keyboard.press('Tab');
    await page.keyboard.type('the disk has its new size');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await server.workInTheDark(runId);
    await page.locator('.verdict', { hasText: 'succeeded' }).waitFor();
    expect(said).toEqual([]);
    await page.context().close();
  });

  it('shows readiness checks only to whoever asks for them', async () => {
    await endedChecks(server.store, { title: 'Checks of the shop' });
    await endedChecks(server.store, { title: 'Failover of the shop', purpose: 'failover' });
    const { page, said } = await openPage(browser);
    await page.goto(`${server.url}/runs`);
    await page.getByRole('row', { name: 'Failover of the shop' }).waitFor();
    expect(await page.getByRole('row', { name: 'Checks of the shop' }).count()).toBe(0);
    await page.getByLabel('Show').selectOption('readiness checks');
    await page.getByRole('row', { name: 'Checks of the shop' }).waitFor();
    expect(await page.getByRole('row', { name: 'Failover of the shop' }).count()).toBe(0);
    await page.reload();
    await page.getByRole('row', { name: 'Checks of the shop' }).waitFor();
    expect(said).toEqual([]);
    await page.context().close();
  });

  it('shows names and lines of strangers as text', async () => {
    const runId = await start(server.url, 'hostile');
    await server.work(runId);
    const line = { atMs: Date.now(), step: 'step_0', stream: 'stderr', text: `\u001b[31m${HOSTILE}\u0000</li>` } as const;
    await server.store.appendLog(runId as RunId, [line]);
    const { page, said } = await openPage(browser);
    for (const path of ['/runs', '/runbooks', '/runbooks/hostile', `/runs/${runId}`]) {
      await page.goto(server.url + path);
      await page.getByText(HOSTILE).first().waitFor();
    }
    await page.goto(`${server.url}/runs/${runId}/logs`);
    await page.getByText(`${HOSTILE}\u2400</li>`, { exact: true }).waitFor();
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).not.toBe('taken');
    expect(said).toEqual([]);
    await page.context().close();
  });
});

/** Scrolls through the history and reads every row: number, kind and place. */
async function transcript(page: Page): Promise<readonly string[]> {
  const rows = page.locator('.rows[aria-label=History]');
  const seen = new Map<number, string>();
  const height = await rows.evaluate((box) => box.scrollHeight);
  for (let top = 0; top <= height; top += 300) {
    await rows.evaluate((box, y) => box.scrollTo(0, y), top);
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    const texts = await rows
      .locator('li')
      .evaluateAll((items) => items.map((item) => [...item.children].map((part) => part.textContent ?? '')));
    for (const [seq, , type, text] of texts) seen.set(Number(seq), `${seq} ${type} ${(text ?? '').split(' · ')[0]}`);
  }
  return [...seen].toSorted(([a], [b]) => a - b).map(([, line]) => line);
}

// What the page shows of an event: where it was, or the state that the run came to.
function lineOf({ seq, type, step, data }: RunEvent): string {
  const state = typeof data['state'] === 'string' ? data['state'] : '';
  return `${seq} ${type.replace('runward.', '').replaceAll('_', ' ')} ${step ?? state}`;
}

async function start(url: string, runbook: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify({ runbook }),
  });
  expect(response.status).toBe(202);
  return ((await response.json()) as { id: string }).id;
}

// mulberry32, public domain (Tommy Ettinger).
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
