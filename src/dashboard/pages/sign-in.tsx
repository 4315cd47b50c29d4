import { useEffect, useState } from 'preact/hooks';
import type { ApiError } from '../api/ask.ts';
import { beginSignIn, completeSignIn, isReturning, providerName } from '../api/provider.ts';
import { startSession, type Session } from '../api/session.ts';
import { asApiError } from '../api/use-query.ts';
import { findCaller } from '../caller.ts';
import { ErrorNotice } from '../parts/notices.tsx';

export function SignIn({ notice }: { notice: string | undefined }) {
  const [error, setError] = useState<ApiError>();
  const [isTrying, setTrying] = useState(isReturning);
  const attempt = async (find: () => Promise<Session | undefined>) => {
    setTrying(true);
    setError(undefined);
    try {
      const session = await find();
      if (!session) return;
      await findCaller(session.key);
      startSession(session);
    } catch (reason) {
      setError(asApiError(reason));
      setTrying(false);
    }
  };
  const withKey = (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.target instanceof HTMLFormElement)) return;
    const typed = new FormData(event.target).get('key');
    const key = typeof typed === 'string' ? typed.trim() : '';
    void attempt(async () => ({ key }));
  };
  const withProvider = () =>
    attempt(async () => {
      await beginSignIn();
      return undefined;
    });
  useEffect(() => {
    if (isReturning()) void attempt(completeSignIn);
  }, []);

  return (
    <main class="sign-in">
      <h1>Usage Gateway</h1>
      {notice && !error && (
        <p class="notice" role="status">
          {notice}
        </p>
      )}
      {isTrying && <p role="status">Signing in …</p>}
      {providerName !== undefined && (
        <p>
          <button type="button" class="main" disabled={isTrying} onClick={withProvider}>
            Sign in with {providerName}
          </button>
        </p>
      )}
      <form onSubmit={withKey}>
        <label>
          API key
          <input name="key" type="password" required autocomplete="off" spellcheck={false} autofocus={!providerName} />
        </label>
        {error && <ErrorNotice error={error} />}
        <button type="submit" class={providerName ? '' : 'main'} disabled={isTrying}>
          Sign in{providerName ? ' with a key' : ''}
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
