import type { Gateway } from '../../src/main.ts';
import { superuserKey } from '../support/gateway.ts';

/** What the bodies of answers may have: results of calls, what a trace left out, or problem details. */
export interface PlainBody {
  results?: { outcome: string; requestId: string | null; error: { code: string; field: string | null } | null }[];
  partialSuccess?: { rejectedSpans: string; errorMessage: string };
  status?: number;
  title?: string;
  detail?: string;
}

export interface PlainAnswer {
  status: number;
  headers: Headers;
  bytes: Uint8Array;
  /** The body where it is JSON. */
  json: PlainBody;
}

/** Posts a body to a path, as the superuser for the tenant "acme" unless the headers say something else. */
export async function sendTo(
  { url }: Pick<Gateway, 'url'>,
  path: string,
  body: BodyInit,
  headers: Record<string, string> = {},
): Promise<PlainAnswer> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    body,
    headers: {
      authorization: `Bearer ${superuserKey}`,
      'x-tenant-id': 'acme',
      'content-type': 'application/json',
      ...headers,
    },
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  const json = isJson && bytes.length > 0 ? JSON.parse(new TextDecoder().decode(bytes)) : {};
  return { status: response.status, headers: response.headers, bytes, json };
}
