import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Approval, Controls, Page, Workers } from '../api.ts';
import { signOut } from '../api.ts';
import { plainText } from '../plain-text.ts';
import { go } from '../router.ts';
import { usePolled } from '../use-polled.ts';
import { Dialog } from './dialog.tsx';

const LINKS = [
  { key: 'h', path: '/', text: 'Home' },
  { key: 'r', path: '/runs', text: 'Runs' },
  { key: 's', path: '/schedules', text: 'Schedules' },
  { key: 'd', path: '/drift', text: 'Drift' },
  { key: 'y', path: '/recovery', text: 'Recovery' },
  { key: 'b', path: '/runbooks', text: 'Runbooks' },
] as const;

const THEME_KEY = 'runward.theme';

interface Props {
  readonly path: string;
  /** Whether there is a sign-in to end. */
  readonly signedIn: boolean;
  readonly children: ComponentChildren;
}

/** What stands around every page: where one can go, how many gates wait, whether a worker is there, the theme. */
export function Frame({ path, signedIn, children }: Props) {
  const [help, setHelp] = useState(false);
  useKeys(() => setHelp(true));
  const gates = usePolled<Page<Approval>>('/approvals').answer?.items.length ?? 0;
  const workers = usePolled<Workers>('/workers').answer;
  const controls = usePolled<Controls>('/controls').answer;
  const frozen = [...new Set(controls?.freezes.filter(({ holds }) => holds).flatMap(({ environments }) => environments) ?? [])];
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="top">
        <a href="/" class="brand">
          runward
        </a>
        <nav aria-label="Pages">
          {LINKS.map((link) => (
            <a key={link.path} href={link.path} aria-current={isAt(path, link.path) ? 'page' : undefined}>
              {link.text}
            </a>
          ))}
        </nav>
        <span class="right">
          {gates > 0 && (
            <a href="/" class="status open">
              ◐ {gates} {gates === 1 ? 'needs' : 'need'} a person
            </a>
          )}
          {controls?.kill.on === true && <span class="status bad">✗ kill switch: {plainText(controls.kill.reason ?? '')}</span>}
          {frozen.length > 0 && <span class="status open">◐ frozen: {frozen.join(', ')}</span>}
          {workers?.noWorkers === true && <span class="status bad">✗ no worker: accepted runs wait</span>}
          <button type="button" class="plain" onClick={changeTheme}>
            Theme
          </button>
          <button type="button" class="plain" onClick={() => setHelp(true)}>
            Keys
          </button>
          {signedIn && (
            <button type="button" class="plain" onClick={() => void signOut()}>
              Sign out
            </button>
          )}
        </span>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      {help && <KeyHelp onClose={() => setHelp(false)} />}
    </>
  );
}

/** Applies the theme that this browser has chosen; without one the system decides. */
export function applyTheme(): void {
  const stored = localStorage.getItem(THEME_KEY);
  if (stored === 'light' || stored === 'dark') document.documentElement.dataset['theme'] = stored;
}

function changeTheme(): void {
  const dark = document.documentElement.dataset['theme'] ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  localStorage.setItem(THEME_KEY, dark === 'dark' ? 'light' : 'dark');
  applyTheme();
}

function isAt(path: string, link: string): boolean {
  return link === '/' ? path === '/' : path === link || path.startsWith(`${link}/`);
}

function KeyHelp({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl>
        {LINKS.map((link) => [
          <dt key={`${link.key} key`}>
            <kbd>g</kbd> <kbd>{link.key}</kbd>
          </dt>,
          <dd key={link.key}>{link.text}</dd>,
        ])}
        <dt>
          <kbd>j</kbd> <kbd>k</kbd>
        </dt>
        <dd>next, previous row</dd>
        <dt>
          <kbd>f</kbd>
        </dt>
        <dd>next failed or unknown step</dd>
        <dt>
          <kbd>?</kbd>
        </dt>
        <dd>this list</dd>
      </dl>
      <form method="dialog" class="buttons">
        <button>Close</button>
      </form>
    </Dialog>
  );
}

// No key decides anything: they move, and dialogs ask.
function useKeys(help: () => void): void {
  useEffect(() => {
    let before = '';
    const pressed = (event: KeyboardEvent): void => {
      const { target, key } = event;
      const typing = target instanceof Element && target.closest('input, textarea, select, dialog') !== null;
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      const link = before === 'g' ? LINKS.find((one) => one.key === key) : undefined;
      before = key;
      if (link !== undefined) go(link.path);
      else if (key === '?') help();
      else if (key === 'j' || key === 'k') moveFocus(key === 'j' ? 1 : -1);
      else if (key === 'f') focusNext('.row:has(.bad), .row:has(.open)', 1);
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}

function moveFocus(step: 1 | -1): void {
  focusNext('main .row, main tbody a', step);
}

function focusNext(selector: string, step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>(selector)];
  const at = rows.findIndex((row) => row === document.activeElement);
  const next = at === -1 ? (step === 1 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step));
  rows[next]?.focus();
}
