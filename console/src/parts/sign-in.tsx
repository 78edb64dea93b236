import { useState } from 'preact/hooks';
import { ApiProblem, signIn } from '../api.ts';

/** Asks for an API token. The server keeps the browser signed in; the token itself is kept nowhere in it. */
export function SignIn({ onDone }: { readonly onDone: () => void }) {
  const [problem, setProblem] = useState('');
  const send = async (form: HTMLFormElement): Promise<void> => {
    const token = new FormData(form).get('token');
    try {
      await signIn(typeof token === 'string' ? token.trim() : '');
      onDone();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error.status === 401 ? 'The server does not take this token: it is wrong, revoked or too old.' : error.message);
    }
  };
  return (
    <main id="main">
      <h1>Sign in</h1>
      {problem !== '' && <p role="alert">{problem}</p>}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send(event.currentTarget);
        }}
      >
        <label>
          API token
          <input name="token" type="password" required autoComplete="off" />
        </label>
        <p class="dim">You stay signed in for 8 hours, or until nothing was asked for 30 minutes. The token is not kept in this browser.</p>
        <button type="submit" class="primary">
          Sign in
        </button>
      </form>
    </main>
  );
}
