import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api/ask.ts';

/** What would help, by the code of an error; messages of the others say it themselves. */
const advice: Record<string, string> = {
  FORBIDDEN: 'Ask an admin of the tenant for a key that may do this.',
  INTERNAL_SERVER_ERROR: 'Try again. If it happens again, the log of the gateway says why.',
  OVERLOADED: 'The gateway is busy. Wait a moment, then try again.',
  BEYOND_RETENTION: 'Choose a later period, whole days, or other filters; the message says from when all can be told.',
  QUERY_TOO_COSTLY: 'Choose a shorter period, longer buckets or fewer groups.',
  RATE_LIMITED: 'Too many requests were sent. Wait a moment, then try again.',
  TIMEOUT: 'Choose a shorter period, or fewer groups.',
};

/** What went wrong, and what to do about it. */
export const ErrorNotice = ({ error, retry }: { error: ApiError; retry?: () => void }) => (
  <div class="notice bad" role="alert">
    <p>{error.message}</p>
    {advice[error.code] && <p>{advice[error.code]}</p>}
    {retry && (
      <button type="button" onClick={retry}>
        Try again
      </button>
    )}
  </div>
);

/** What belongs to a query: the error, that it is on its way, or the content. */
export function Loaded<Data>({
  of: { data, error, isLoading, reload },
  children,
}: {
  of: { data: Data | undefined; error: ApiError | undefined; isLoading: boolean; reload: () => void };
  children: (data: Data) => ComponentChildren;
}) {
  return (
    <div aria-busy={isLoading} class={isLoading ? 'loading' : ''}>
      {error && <ErrorNotice error={error} retry={reload} />}
      {data === undefined && isLoading && <p role="status">Loading …</p>}
      {data !== undefined && !error && children(data)}
    </div>
  );
}
