import { useCallback, useEffect, useState } from 'preact/hooks';
import type { TypedDocumentString } from '../gql/graphql.ts';
import { ApiError, ask } from './ask.ts';

export interface QueryState<Data> {
  /** The last answer, which stays while the next one is on its way. */
  data: Data | undefined;
  error: ApiError | undefined;
  isLoading: boolean;
  reload: () => void;
}

/** The answer to a query, asked again whenever the variables change. Nothing is asked while they are undefined. */
export function useQuery<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables | undefined,
): QueryState<Data> {
  const [answer, setAnswer] = useState<{ asked?: string; data?: Data; error?: ApiError }>({});
  const [turn, setTurn] = useState(0);
  const text = variables === undefined ? undefined : JSON.stringify(variables);
  const asked = text === undefined ? undefined : `${turn} ${text}`;

  useEffect(() => {
    if (asked === undefined || text === undefined) return undefined;
    const controller = new AbortController();
    ask(document, JSON.parse(text) as Variables, { signal: controller.signal })
      .then((data) => setAnswer({ asked, data }))
      .catch((error: unknown) => {
        if (!controller.signal.aborted) setAnswer((last) => ({ ...last, asked, error: asApiError(error) }));
      });
    return () => controller.abort();
  }, [document, asked]);

  const reload = useCallback(() => setTurn((count) => count + 1), []);
  const isLoading = answer.asked !== asked;
  return { data: answer.data, error: isLoading ? undefined : answer.error, isLoading, reload };
}

export const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError(String(error), 'INTERNAL_SERVER_ERROR');
