import { useEffect, useState } from 'preact/hooks';
import type { TypedDocumentString } from '../gql/graphql.ts';
import { ask, type ApiError } from './ask.ts';
import { asApiError, useQuery } from './use-query.ts';

export interface Connection<Row> {
  edges: { node: Row }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

export interface Pages<Row, Data = unknown> {
  /** The answer that has the first page. */
  first: Data | undefined;
  /** The rows of all pages that were read; undefined until the first is there. */
  rows: Row[] | undefined;
  error: ApiError | undefined;
  isLoading: boolean;
  /** Reads the next page; undefined when there is none. */
  more: (() => void) | undefined;
  reload: () => void;
}

/** A list that is read page by page. */
export function usePages<Data, Variables extends { after?: string | null | undefined }, Row>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables | undefined,
  connectionOf: (data: Data) => Connection<Row>,
): Pages<Row, Data> {
  const first = useQuery(document, variables);
  const [later, setLater] = useState<Connection<Row>[]>([]);
  const [state, setState] = useState<{ isLoading: boolean; error?: ApiError }>({ isLoading: false });
  useEffect(() => {
    setLater([]);
    setState({ isLoading: false });
  }, [first.data]);

  const pages = first.data === undefined ? [] : [connectionOf(first.data), ...later];
  const last = pages.at(-1)?.pageInfo;
  const more = async () => {
    if (variables === undefined || !last) return;
    setState({ isLoading: true });
    try {
      const data = await ask(document, { ...variables, after: last.endCursor });
      setLater((before) => [...before, connectionOf(data)]);
      setState({ isLoading: false });
    } catch (error) {
      setState({ isLoading: false, error: asApiError(error) });
    }
  };
  return {
    first: first.data,
    rows: first.data === undefined ? undefined : pages.flatMap(({ edges }) => edges.map(({ node }) => node)),
    error: first.error ?? state.error,
    isLoading: first.isLoading || state.isLoading,
    more: last?.hasNextPage ? more : undefined,
    reload: first.reload,
  };
}
