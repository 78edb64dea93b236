import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findOnPath } from './lacks.ts';

/** A part of a page that breaks an accessibility rule. */
export interface Violation {
  readonly rule: string;
  readonly where: string;
  readonly why: string;
}

export const THEMES = ['light', 'dark'] as const;

const WIDTH = 1440;
const HEIGHT = 900;

/** Debian's Chromium without a window. */
export async function openBrowser(): Promise<Browser> {
  // The sandbox of Chromium does not start for root, which is who runs the tests in a container.
  const executablePath = findOnPath('chromium') ?? 'chromium';
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** A page in one theme, and everything that it said on its console or threw (a broken policy is said there too). */
export async function openPage(
  browser: Browser,
  theme: (typeof THEMES)[number] = 'light',
): Promise<{ readonly page: Page; readonly said: readonly string[] }> {
  const context = await browser.newContext({ colorScheme: theme, viewport: { width: WIDTH, height: HEIGHT }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const said: string[] = [];
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => said.push(error.message));
  return { page, said };
}

/** What axe finds in either theme in what the page shows now. */
export async function violationsInThemes(page: Page): Promise<readonly (Violation & { readonly theme: string })[]> {
  const found: (Violation & { readonly theme: string })[] = [];
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme });
    found.push(...(await violations(page)).map((violation) => ({ theme, ...violation })));
  }
  return found;
}

/** Everything that axe finds against WCAG 2.2 AA and its best practices in what the page shows now. */
export async function violations(page: Page): Promise<readonly Violation[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })');
  const { violations: rules } = found as {
    readonly violations: readonly { readonly id: string; readonly help: string; readonly nodes: readonly { readonly html: string }[] }[];
  };
  return rules.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => ({ rule: id, where: html.slice(0, 200), why: help })));
}
