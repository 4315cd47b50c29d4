import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { RateLimits } from '../admission/rate-limits.ts';
import type { Principal } from '../caller/principal.ts';
import type { RequestServices } from '../caller/request-context.ts';
import type { TenantId } from '../values/identifier.ts';

/** A request whose caller may record calls, and whose body has been read and decompressed. */
export interface IngestRequest {
  headers: IncomingHttpHeaders;
  body: Buffer;
  principal: Principal;
  /** From the header x-tenant-id: the tenant of calls that name none. */
  tenantId: TenantId | undefined;
  /** The request's one clock reading. */
  now: Date;
  services: RequestServices & { readonly rateLimits: RateLimits };
}

export interface IngestAnswer {
  headers: OutgoingHttpHeaders;
  body: string | Uint8Array;
}

/** A way for calls by plain HTTP, at a path of its own. */
export interface Road {
  /** Whether it can read a body of this media type, which is in lower case and without parameters. */
  takes(mediaType: string, headers: IncomingHttpHeaders): boolean;
  /** Media types for the message of a refusal. */
  takesInWords: string;
  /** Records the calls of a request. Throws what refuses the request as a whole. */
  answer(request: IngestRequest): Promise<IngestAnswer>;
}

/** Of a Content-Type, what decides how a body is read. */
export const mediaType = ({ 'content-type': type = '' }: IncomingHttpHeaders): string =>
  (type.split(';')[0] ?? '').trim().toLowerCase();
