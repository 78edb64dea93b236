import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { get, SIGNED_OUT } from './api.ts';
import { DriftTargetPage } from './pages/drift-target.tsx';
import { DriftPage } from './pages/drift.tsx';
import { HomePage } from './pages/home.tsx';
import { LogsPage } from './pages/logs.tsx';
import { RecoveryPage } from './pages/recovery.tsx';
import { RunPage } from './pages/run.tsx';
import { RunbookPage } from './pages/runbook.tsx';
import { RunbooksPage } from './pages/runbooks.tsx';
import { RunsPage } from './pages/runs.tsx';
import { SchedulePage } from './pages/schedule.tsx';
import { SchedulesPage } from './pages/schedules.tsx';
import { applyTheme, Frame } from './parts/frame.tsx';
import { SignIn } from './parts/sign-in.tsx';
import type { Place } from './router.ts';
import { followLinks, usePlace } from './router.ts';

/** The whole console: signed in or not, and the page of the address. */
function Console() {
  const place = usePlace();
  const [signedOut, setSignedOut] = useState(false);
  const [auth, setAuth] = useState('none');
  const [round, setRound] = useState(0);
  useEffect(() => {
    const out = (): void => setSignedOut(true);
    addEventListener(SIGNED_OUT, out);
    get<{ readonly auth: string }>('/me').then(
      (me) => {
        setAuth(me.auth);
        setSignedOut(false);
      },
      () => undefined,
    );
    return () => removeEventListener(SIGNED_OUT, out);
  }, [round]);
  useEffect(() => {
    document.title = titleOf(place);
  }, [place.path]);
  if (signedOut) return <SignIn onDone={() => setRound(round + 1)} />;
  return (
    <Frame path={place.path} signedIn={auth === 'token'} key={round}>
      <PageOf place={place} />
    </Frame>
  );
}

function PageOf({ place }: { readonly place: Place }) {
  const [, noun = '', name, part] = place.path.split('/');
  if (noun === '') return <HomePage />;
  if (noun === 'runs' && name === undefined) return <RunsPage query={place.query} />;
  if (noun === 'runs' && part === undefined) return <RunPage key={name} reference={name ?? ''} />;
  if (noun === 'runs' && part === 'logs') return <LogsPage key={name} reference={name ?? ''} />;
  if (noun === 'schedules' && name === undefined) return <SchedulesPage />;
  if (noun === 'schedules' && part === undefined) return <SchedulePage key={name} id={decodeURIComponent(name ?? '')} />;
  if (noun === 'drift' && name === undefined) return <DriftPage />;
  if (noun === 'drift' && part === undefined) return <DriftTargetPage key={name} id={name ?? ''} />;
  if (noun === 'recovery' && name === undefined) return <RecoveryPage />;
  if (noun === 'runbooks' && name === undefined) return <RunbooksPage />;
  if (noun === 'runbooks' && part === undefined) return <RunbookPage key={name} name={decodeURIComponent(name ?? '')} />;
  return <h1>There is no such page</h1>;
}

function titleOf({ path }: Place): string {
  const words = path.split('/').filter((word) => word !== '');
  return words.length === 0 ? 'runward' : `${words.join(' ')} · runward`;
}

const root = document.querySelector('#console');
if (root !== null) {
  applyTheme();
  followLinks();
  render(<Console />, root);
}
