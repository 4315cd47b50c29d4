import { useState } from 'preact/hooks';
import type { ApiError } from '../api/ask.ts';
import { startSession } from '../api/session.ts';
import { asApiError } from '../api/use-query.ts';
import { findCaller } from '../caller.ts';
import { ErrorNotice } from '../parts/notices.tsx';

export function SignIn({ notice }: { notice: string | undefined }) {
  const [error, setError] = useState<ApiError>();
  const [isTrying, setTrying] = useState(false);
  const signIn = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.target instanceof HTMLFormElement)) return;
    const typed = new FormData(event.target).get('key');
    const key = typeof typed === 'string' ? typed.trim() : '';
    setTrying(true);
    setError(undefined);
    try {
      await findCaller(key);
      startSession({ key });
    } catch (reason) {
      setError(asApiError(reason));
      setTrying(false);
    }
  };
  return (
    <main class="sign-in">
      <h1>Usage Gateway</h1>
      {notice && !error && (
        <p class="notice" role="status">
          {notice}
        </p>
      )}
      <form onSubmit={signIn}>
        <label>
          API key
          <input name="key" type="password" required autocomplete="off" spellcheck={false} autofocus />
        </label>
        {error && <ErrorNotice error={error} />}
        <button type="submit" class="main" disabled={isTrying}>
          Sign in
        </button>
      </form>
      <p>
        The key stays in this tab and is forgotten with it. The first key is printed when the gateway starts for the
        first time; after that, admins create keys under “Keys and people”.
      </p>
      <p>
        <a href="/graphql">GraphiQL</a>, to write queries yourself
      </p>
    </main>
  );
}
