import { useEffect, useState } from 'preact/hooks';

/** Where the reader is: the path, and the filters behind the question mark. */
export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

const MOVED = 'runward:moved';

/** Goes to an address of the console; `replace` leaves no entry in the history. */
export function go(address: string, replace = false): void {
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  dispatchEvent(new Event(MOVED));
}

/** The place, followed. */
export function usePlace(): Place {
  const [address, setAddress] = useState(location.pathname + location.search);
  useEffect(() => {
    const moved = (): void => setAddress(location.pathname + location.search);
    addEventListener('popstate', moved);
    addEventListener(MOVED, moved);
    return () => {
      removeEventListener('popstate', moved);
      removeEventListener(MOVED, moved);
    };
  }, []);
  const [path = '/', query = ''] = address.split('?');
  return { path, query: new URLSearchParams(query) };
}

/** Lets plain links move inside the console; anything else (new tab, other site, the API) stays with the browser. */
export function followLinks(): void {
  addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || link.origin !== location.origin || link.target !== '' || link.hasAttribute('download')) return;
    if (link.pathname.startsWith('/api/') || link.hash !== '') return;
    event.preventDefault();
    go(link.pathname + link.search);
    scrollTo(0, 0);
    document.querySelector<HTMLElement>('main')?.focus();
  });
}
