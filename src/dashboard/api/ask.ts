import type { TypedDocumentString } from '../gql/graphql.ts';
import { ApiError } from './api-error.ts';
import { freshSession } from './renewal.ts';
import { credentialEnded, currentSession } from './session.ts';

export { ApiError };

interface Answer<Data> {
  data?: Data | null;
  errors?: { message: string; extensions?: { code?: string; field?: string } }[];
}

/**
 * Sends a document as the session, or with a key that is being tried.
 * @throws {ApiError} for any error in the answer, or without an answer.
 */
export async function ask<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  { signal, key }: { signal?: AbortSignal; key?: string } = {},
): Promise<Data> {
  const session = key === undefined ? await freshSession() : undefined;
  const credential = key ?? session?.impersonation ?? session?.key;
  const response = await send(document.toString(), variables, credential, signal);
  const { data, errors } = await bodyOf<Data>(response);
  const [error] = errors ?? [];
  if (error) {
    const code = error.extensions?.code ?? 'INTERNAL_SERVER_ERROR';
    // An answer to a credential that is no longer the one in use says nothing about the one that is.
    const isCurrent = key === undefined && credential === (currentSession()?.impersonation ?? currentSession()?.key);
    if (code === 'UNAUTHENTICATED' && isCurrent) credentialEnded();
    throw new ApiError(error.message, code, error.extensions?.field);
  }
  if (!data) throw new ApiError('The gateway sent an empty answer. Try again.', 'INTERNAL_SERVER_ERROR');
  return data;
}

async function send(query: string, variables: unknown, credential: string | undefined, signal?: AbortSignal) {
  try {
    return await fetch('/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
      },
      body: JSON.stringify({ query, variables }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError('The gateway cannot be reached. Check the connection, then try again.', 'UNREACHABLE');
  }
}

async function bodyOf<Data>(response: Response): Promise<Answer<Data>> {
  try {
    return await response.json();
  } catch {
    throw new ApiError(`The gateway answered ${response.status} without GraphQL. Try again.`, 'UNREACHABLE');
  }
}
