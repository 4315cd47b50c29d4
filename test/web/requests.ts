import { expect } from 'vitest';
import type { Gateway } from '../../src/main.ts';

export interface AnswerError {
  message: string;
  path?: (string | number)[];
  extensions: { code: string; field?: string; requestId?: string };
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  data: unknown;
  errors: AnswerError[];
}

/** Reads a response as GraphQL's JSON; text that is none has neither data nor errors. */
export async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  const { data, errors = [] } = isJson ? JSON.parse(text) : {};
  return { status: response.status, headers: response.headers, text, data, errors };
}

/** Posts a body as it is, without a key unless one is among the headers. */
export const post = async (
  { url }: Pick<Gateway, 'url'>,
  body: BodyInit,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  readAnswer(
    await fetch(`${url}/graphql`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    }),
  );

/** Posts a document. */
export const ask = (
  gateway: Pick<Gateway, 'url'>,
  query: string,
  headers: Record<string, string> = {},
  variables: Record<string, unknown> = {},
): Promise<Answer> => post(gateway, JSON.stringify({ query, variables }), headers);

/** Asks by GET with these search parameters. */
export const get = async (
  { url }: Pick<Gateway, 'url'>,
  params: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Answer> => readAnswer(await fetch(`${url}/graphql?${new URLSearchParams(params)}`, { headers }));

export const bearer = (key: string): { authorization: string } => ({ authorization: `Bearer ${key}` });

const knownCodes = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'VALIDATION_ERROR',
  'IDEMPOTENCY_CONFLICT',
  'RATE_LIMITED',
  'OVERLOADED',
  'INTERNAL_SERVER_ERROR',
];

/** SQL, stack frames, paths of files, hosts, and words of the libraries inside. */
const internal =
  /\bselect\b|\binsert into\b|\bfrom "|relation|\bat \S+ \(|node_modules|\.[cm]?[jt]s\b|\/(work|home|tmp|usr)\/|127\.0\.0\.1|localhost|PGSQL|SQLSTATE|stack|originalError/i;

/** Fails unless an answer has errors, each with a known code, and nothing of what is inside. */
export function expectKnownErrors(answer: Answer): void {
  expect(answer.errors).not.toEqual([]);
  for (const error of answer.errors) {
    expect(knownCodes).toContain(error.extensions.code);
    expect(Object.keys(error.extensions).filter((key) => !['code', 'field', 'requestId'].includes(key))).toEqual([]);
    expect(error.message).not.toBe('');
  }
  expect(answer.text).not.toMatch(internal);
}
