import { keepToken } from '../api.ts';

/** Asks for an API token, which this tab keeps until it is closed. */
export function SignIn({ refused, onDone }: { readonly refused: boolean; readonly onDone: () => void }) {
  return (
    <main id="main">
      <h1>Sign in</h1>
      {refused && <p role="alert">The server does not take this token: it is wrong, revoked or too old.</p>}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const token = new FormData(event.currentTarget).get('token');
          keepToken(typeof token === 'string' ? token.trim() : '');
          onDone();
        }}
      >
        <label>
          API token
          <input name="token" type="password" required autoComplete="off" />
        </label>
        <p class="dim">It is kept in this tab only and sent with every request to this server.</p>
        <button type="submit" class="primary">
          Sign in
        </button>
      </form>
    </main>
  );
}
