import { useEffect, useState } from 'preact/hooks';
import type { TypedDocumentString } from '../gql/graphql.ts';
import { follow } from './follow.ts';

export interface Updates<Data> {
  /** The latest result for these variables; undefined until there is one. */
  data: Data | undefined;
  isConnected: boolean;
}

/** The latest result of a subscription, which starts over whenever the variables change. */
export function useUpdates<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Updates<Data> {
  const [latest, setLatest] = useState<{ asked: string; data: Data }>();
  const [isConnected, setConnected] = useState(false);
  const asked = JSON.stringify(variables);

  useEffect(() => {
    const end = new AbortController();
    const onChange = (isConnected: boolean) => {
      if (!end.signal.aborted) setConnected(isConnected);
    };
    const onData = (data: Data) => {
      if (!end.signal.aborted) setLatest({ asked, data });
    };
    void follow(document, JSON.parse(asked) as Variables, { onData, onChange }, end.signal);
    return () => {
      end.abort();
      setConnected(false);
    };
  }, [document, asked]);

  return { data: latest?.asked === asked ? latest.data : undefined, isConnected };
}
