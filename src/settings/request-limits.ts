import { wholeNumber } from './parsers.ts';

/** Bounds on what a request may bring along, before anything of it is done. */
export const requestLimitSettings = {
  BODY_MAX_BYTES: wholeNumber(1024, 64 * 1024 * 1024)
    .default(4 * 1024 * 1024)
    .describe('Largest body of a request, in bytes.'),
  BODY_MAX_BYTES_ANONYMOUS: wholeNumber(1024, 64 * 1024 * 1024)
    .default(16 * 1024)
    .describe('Largest body of a request without a credential, in bytes.'),
  BODY_MAX_SECONDS: wholeNumber(1, 3600).default(30).describe('Longest time for a body to arrive, in seconds.'),
  BODY_MIN_BYTES_PER_SECOND: wholeNumber(0, 1024 * 1024)
    .default(1024)
    .describe('Slowest rate at which a body may arrive once five seconds have passed, in bytes a second.'),
  BODIES_MAX_MEGABYTES: wholeNumber(1, 65_536)
    .default(128)
    .describe('Room for all bodies that are in memory at the same time, in MiB; one caller gets a quarter of it.'),
  REQUESTS_AT_ONCE: wholeNumber(1, 100_000)
    .default(64)
    .describe('Most requests that are worked on at the same time; the others wait for their turn, unread.'),
  REQUESTS_AT_ONCE_EACH: wholeNumber(1, 100_000)
    .default(8)
    .describe('Of these, most requests of one tenant while other tenants send some.'),
  REQUESTS_WAITING_EACH: wholeNumber(1, 100_000)
    .default(256)
    .describe('Most requests of one tenant that wait for their turn; beyond them its callers get OVERLOADED at once.'),
  REQUEST_WAIT_SECONDS: wholeNumber(1, 600)
    .default(2)
    .describe(
      'Longest time that a request waits for its turn, in seconds; one that would wait longer gets OVERLOADED at once.',
    ),
  REQUEST_MAX_SECONDS: wholeNumber(1, 3600)
    .default(60)
    .describe(
      'Longest time that a request is worked on once it has been read, in seconds; then its statement on PostgreSQL is ended and the caller gets TIMEOUT.',
    ),
  DRAIN_SECONDS: wholeNumber(0, 3600)
    .default(5)
    .describe(
      'How long requests go on after SIGTERM while `/health/ready` is 503, in seconds; then the gateway ends within five seconds.',
    ),
  DOCUMENT_MAX_CHARACTERS: wholeNumber(1000, 10_000_000)
    .default(1_000_000)
    .describe('Longest GraphQL document, in characters.'),
  DOCUMENT_MAX_CHARACTERS_ANONYMOUS: wholeNumber(1000, 10_000_000)
    .default(10_000)
    .describe('Longest GraphQL document of a request without a credential, in characters.'),
  DOCUMENT_MAX_TOKENS: wholeNumber(100, 10_000_000)
    .default(100_000)
    .describe(
      'Most tokens of a GraphQL document; a batch of 1,000 calls with its values in the document may have nearly as many.',
    ),
  DOCUMENT_MAX_FIELDS: wholeNumber(10, 1_000_000)
    .default(10_000)
    .describe('Most fields of a GraphQL document, counting a fragment wherever it is spread.'),
  DOCUMENT_MAX_DEPTH: wholeNumber(5, 200).default(30).describe('Deepest nesting of fields in a GraphQL document.'),
  DOCUMENT_MAX_ALIASES: wholeNumber(1, 100_000).default(1000).describe('Most aliases of a GraphQL document.'),
  DOCUMENT_MAX_DIRECTIVES: wholeNumber(1, 100_000).default(500).describe('Most directives of a GraphQL document.'),
  DOCUMENT_MAX_ROOT_FIELDS: wholeNumber(1, 100_000)
    .default(1000)
    .describe('Most fields of a query or a mutation itself; as many as a batch has calls.'),
  DOCUMENT_MAX_TYPENAMES: wholeNumber(1, 100_000)
    .default(1000)
    .describe('Most fields __typename of a GraphQL document.'),
  DOCUMENT_MAX_VARIABLES: wholeNumber(1, 100_000)
    .default(1000)
    .describe('Most variables that a GraphQL document declares.'),
};

export interface RequestLimits {
  /** Longest time that a request is worked on once it has been read. */
  maxMs: number;
  body: {
    maxBytes: number;
    maxBytesAnonymous: number;
    maxMs: number;
    minBytesPerSecond: number;
    /** Of all bodies together. */
    maxBytesTogether: number;
  };
  turns: {
    atOnce: number;
    atOnceEach: number;
    waitingEach: number;
    waitMs: number;
  };
  document: {
    characters: number;
    charactersAnonymous: number;
    tokens: number;
    fields: number;
    depth: number;
    aliases: number;
    directives: number;
    rootFields: number;
    typenames: number;
    variables: number;
  };
}

type Settings = Record<keyof typeof requestLimitSettings, number>;

export const requestLimits = (settings: Settings): RequestLimits => ({
  maxMs: settings.REQUEST_MAX_SECONDS * 1000,
  body: {
    maxBytes: settings.BODY_MAX_BYTES,
    maxBytesAnonymous: settings.BODY_MAX_BYTES_ANONYMOUS,
    maxMs: settings.BODY_MAX_SECONDS * 1000,
    minBytesPerSecond: settings.BODY_MIN_BYTES_PER_SECOND,
    maxBytesTogether: settings.BODIES_MAX_MEGABYTES * 1024 * 1024,
  },
  turns: {
    atOnce: settings.REQUESTS_AT_ONCE,
    atOnceEach: settings.REQUESTS_AT_ONCE_EACH,
    waitingEach: settings.REQUESTS_WAITING_EACH,
    waitMs: settings.REQUEST_WAIT_SECONDS * 1000,
  },
  document: {
    characters: settings.DOCUMENT_MAX_CHARACTERS,
    charactersAnonymous: settings.DOCUMENT_MAX_CHARACTERS_ANONYMOUS,
    tokens: settings.DOCUMENT_MAX_TOKENS,
    fields: settings.DOCUMENT_MAX_FIELDS,
    depth: settings.DOCUMENT_MAX_DEPTH,
    aliases: settings.DOCUMENT_MAX_ALIASES,
    directives: settings.DOCUMENT_MAX_DIRECTIVES,
    rootFields: settings.DOCUMENT_MAX_ROOT_FIELDS,
    typenames: settings.DOCUMENT_MAX_TYPENAMES,
    variables: settings.DOCUMENT_MAX_VARIABLES,
  },
});
