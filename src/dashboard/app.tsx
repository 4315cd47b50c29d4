import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiError } from './api/ask.ts';
import { ask } from './api/ask.ts';
import { signOut } from './api/provider.ts';
import { startSession, useSession, withoutImpersonation, type Session } from './api/session.ts';
import { asApiError } from './api/use-query.ts';
import { findCaller, type Caller } from './caller.ts';
import { StopImpersonationDocument } from './gql/graphql.ts';
import { formatInstant } from './format/times.tsx';
import { pages } from './pages/pages.ts';
import { SignIn } from './pages/sign-in.tsx';
import { FirstCall } from './parts/first-call.tsx';
import { ErrorNotice } from './parts/notices.tsx';
import { addressOf, changeParams, useRoute } from './routing.ts';

export function App() {
  const { session, notice } = useSession();
  if (!session) return <SignIn notice={notice} />;
  return (
    <SignedIn key={session.impersonation ?? session.provider?.since ?? session.key} session={session} notice={notice} />
  );
}

function SignedIn({ session, notice }: { session: Session; notice: string | undefined }) {
  const [caller, setCaller] = useState<Caller>();
  const [error, setError] = useState<ApiError>();
  const [turn, setTurn] = useState(0);
  const reload = () => setTurn((count) => count + 1);
  useEffect(() => {
    setError(undefined);
    findCaller()
      .then(setCaller)
      .catch((reason: unknown) => setError(asApiError(reason)));
  }, [turn]);

  if (error)
    return (
      <main>
        <ErrorNotice error={error} retry={reload} />
        <SignOut session={session} />
      </main>
    );
  if (!caller)
    return (
      <main>
        <p role="status">Loading …</p>
      </main>
    );
  return <Shell session={session} notice={notice} caller={caller} reloadCaller={reload} />;
}

function Shell({
  session,
  notice,
  caller,
  reloadCaller,
}: {
  session: Session;
  notice: string | undefined;
  caller: Caller;
  reloadCaller: () => void;
}) {
  const { page: name, params } = useRoute();
  const offered = pages.filter(({ isOffered }) => isOffered(caller));
  const page = offered.find((one) => one.name === name) ?? offered[0];
  const tenant = caller.tenants.find(({ id }) => id === params.get('tenant')) ?? caller.tenants[0];
  const title = page?.title ?? 'Usage Gateway';
  const content = useRef<HTMLElement>(null);
  const shown = useRef(title);
  useEffect(() => {
    document.title = `${title} · Usage Gateway`;
    // Whoever hears the page, or goes through it with the keyboard, continues at what has changed.
    if (shown.current !== title) content.current?.focus();
    shown.current = title;
  }, [title]);

  return (
    <>
      <a class="skip" href="#content" onClick={skipToContent}>
        Skip to the content
      </a>
      <header>
        <strong>Usage Gateway</strong>
        {caller.readsPlatform && tenant && <TenantPicker tenants={caller.tenants} chosen={tenant.id} />}
        {!caller.readsPlatform && tenant && <span>{tenant.name}</span>}
        <span class="push" title={caller.subject}>
          {caller.subject}
        </span>
        <SignOut session={session} />
      </header>
      {caller.impersonation && <ImpersonationBanner session={session} caller={caller} />}
      <div class="frame">
        <nav aria-label="Pages">
          {offered.map(({ name, title }) => (
            <a
              key={name}
              href={addressOf(name, {
                tenant: params.get('tenant') ?? undefined,
                period: params.get('period') ?? undefined,
              })}
              aria-current={name === page?.name ? 'page' : undefined}
            >
              {title}
            </a>
          ))}
          <a href="/graphql">GraphiQL</a>
        </nav>
        <main id="content" ref={content} tabIndex={-1}>
          {notice && (
            <p class="notice" role="status">
              {notice}
            </p>
          )}
          {page && tenant ? (
            <>
              <h1>{page.title}</h1>
              <page.Content
                key={tenant.id}
                caller={caller}
                tenant={tenant}
                params={params}
                reloadCaller={reloadCaller}
              />
            </>
          ) : (
            <Nothing caller={caller} />
          )}
        </main>
      </div>
    </>
  );
}

/** The address is the dashboard's state, so a link to a place on the page must not change it. */
function skipToContent(event: MouseEvent): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('#content')?.focus();
}

const SignOut = ({ session }: { session: Session }) => (
  <button type="button" onClick={() => signOut(session)}>
    Sign out
  </button>
);

const TenantPicker = ({ tenants, chosen }: { tenants: Caller['tenants']; chosen: string }) => (
  <label class="inline">
    Tenant
    <select value={chosen} onChange={({ currentTarget }) => changeParams({ tenant: currentTarget.value, filter: [] })}>
      {tenants.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  </label>
);

function ImpersonationBanner({ session, caller }: { session: Session; caller: Caller }) {
  const stop = async () => {
    // Where it has already ended, there is nothing left to stop.
    await ask(StopImpersonationDocument, {}).catch(() => undefined);
    startSession(withoutImpersonation(session));
  };
  return (
    <p class="banner" role="status">
      You see what an admin of {caller.tenants[0]?.name} can read, until{' '}
      {formatInstant(caller.impersonation?.expiresAt ?? '')}. Reason: {caller.impersonation?.reason}{' '}
      <button type="button" onClick={stop}>
        Stop
      </button>
    </p>
  );
}

const Nothing = ({ caller }: { caller: Caller }) =>
  caller.readsPlatform ? (
    <>
      <h1>Welcome</h1>
      <FirstCall tenantId="acme" title="There is no tenant yet" />
    </>
  ) : (
    <>
      <h1>Nothing to see yet</h1>
      <p>
        {caller.tenants.length > 0
          ? 'This key may record calls and not read them. Sign in with a key that has the scope usage:read.'
          : 'You do not belong to a tenant yet. Ask one of its admins for an invitation, then sign in again.'}
      </p>
    </>
  );
