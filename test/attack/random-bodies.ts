import { gzipSync } from 'node:zlib';
import type { Choices } from '../simulate/choices.ts';
import { anyJson } from './edge-values.ts';
import type { RandomDocument } from './random-documents.ts';

export interface RandomBody {
  method: string;
  /** What follows the path, with its question mark. */
  search: string;
  headers: Record<string, string>;
  body: Uint8Array<ArrayBuffer> | undefined;
}

const contentTypes = [
  'application/json',
  'application/json; charset=utf-8',
  'application/json; charset=utf-16',
  'APPLICATION/JSON',
  'application/graphql',
  'application/graphql-response+json',
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  'application/x-www-form-urlencoded',
  'text/plain',
  '*/*',
];
const accepts = ['*/*', 'application/json', 'application/graphql-response+json', 'text/html', 'text/event-stream', ';'];

const anyByte = (choices: Choices) => choices.between(0, 255);

/** A request that need not make any sense, made from a valid document or from nothing, chosen by `choices` alone. */
export function randomBody(choices: Choices, document: RandomDocument): RandomBody {
  const body = bytesOf(choices, document);
  const method = choices.weighted({ POST: 90, GET: 5, PUT: 1, DELETE: 1, PATCH: 1, HEAD: 1, OPTIONS: 1 });
  const isEncoded = choices.percent(5);
  const headers: Record<string, string> = {
    'content-type': choices.percent(85) ? 'application/json' : (choices.pick(contentTypes) ?? ''),
    accept: choices.percent(80) ? '*/*' : (choices.pick(accepts) ?? ''),
    ...(isEncoded ? { 'content-encoding': choices.pick(['gzip', 'br', 'identity', 'x', '']) } : {}),
  };
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const search =
    hasBody && choices.percent(95)
      ? ''
      : `?query=${encodeURIComponent(document.query.slice(0, 4_000).toWellFormed())}&variables=${encodeURIComponent(wellFormed(anyJson(choices)))}`;
  return { method, search, headers, body: hasBody ? (isEncoded ? new Uint8Array(gzipSync(body)) : body) : undefined };
}

const wellFormed = (value: unknown) => JSON.stringify(value).toWellFormed();
const utf8 = (text: string) => new Uint8Array(Buffer.from(text));

function bytesOf(choices: Choices, document: RandomDocument): Uint8Array<ArrayBuffer> {
  const valid = utf8(JSON.stringify(document));
  const kind = choices.weighted({
    noise: 1,
    json: 2,
    types: 3,
    variables: 3,
    flipped: 3,
    cut: 2,
    spliced: 1,
    nested: 1,
  });
  switch (kind) {
    case 'noise':
      return new Uint8Array(choices.several(0, 500, () => anyByte(choices)));
    case 'json':
      return utf8(JSON.stringify(anyJson(choices)));
    case 'types': {
      const names = ['query', 'variables', 'operationName', 'extensions', 'id', '__proto__'];
      const wrong = Object.fromEntries(choices.several(1, 4, () => [choices.pick(names) ?? '', anyJson(choices)]));
      return utf8(JSON.stringify({ ...document, ...wrong }));
    }
    case 'variables': {
      const given = Object.keys(document.variables).map((name) => [name, anyJson(choices)] as const);
      return utf8(JSON.stringify({ ...document, variables: Object.fromEntries(given) }));
    }
    case 'flipped': {
      for (let flips = choices.between(1, 10); flips > 0; flips--)
        valid[choices.between(0, valid.length - 1)] = anyByte(choices);
      return valid;
    }
    case 'cut':
      return valid.slice(0, choices.between(0, valid.length));
    case 'spliced': {
      const at = choices.between(0, document.query.length);
      const words = ['{', '}', '(', ')', '...', '$x', '@', '"""', '\u0000', '😀', 'fragment', 'on', '[', '!', '&', '|'];
      const query = document.query.slice(0, at) + (choices.pick(words) ?? '') + document.query.slice(at);
      return utf8(JSON.stringify({ ...document, query }));
    }
    case 'nested': {
      const depth = choices.between(1, 5_000);
      const [open, close] = choices.pick([
        ['[', ']'],
        ['{"a":', '}'],
      ]) ?? ['[', ']'];
      return utf8(
        `{"query":${JSON.stringify(document.query)},"variables":${open.repeat(depth)}1${close.repeat(depth)}}`,
      );
    }
  }
}
