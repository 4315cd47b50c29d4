/** An object of JSON: neither a list nor null. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const isJsonObject = (value: unknown): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/**
 * The value of a JSON text. `JSON.parse` of Node.js 24 may confuse a key that is written with an escape with a key of an
 * earlier JSON text that begins the same way: after {"\\":1} it reads {"\"":2} as {"\\":2}.
 * @throws {SyntaxError}
 */
export const parseJson = (json: string): unknown => parsed(json, JSON.parse);

/**
 * The same of a text that somebody sent: a whole number in it that JavaScript would round is an `InexactNumber`.
 * @throws {SyntaxError}
 */
export const parseSentJson = (json: string): unknown => parsed(json, longNumber.test(json) ? parseExactly : JSON.parse);

function parsed(json: string, read: (json: string) => unknown): unknown {
  const value = read(json);
  return hasEscapedKey(json) ? withKeysDecoded(read(withKeysEncoded(json))) : value;
}

/** A whole number in JSON that JavaScript would round: it stands where its value would, so that nobody takes another one. */
export class InexactNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** Where a number of so many digits may be; also within some strings, which does no harm. */
const longNumber = /[:,[]\s*-?\d{16}/;
const wholeNumber = /^-?\d+$/;

/** Numbers that are read as written stay; of the others the source is all that is exact. */
function exact(_key: string, value: unknown, { source }: { source?: string }): unknown {
  const isRounded =
    typeof value === 'number' &&
    source !== undefined &&
    wholeNumber.test(source) &&
    !Number.isSafeInteger(value) &&
    source !== String(value);
  return isRounded ? new InexactNumber(source) : value;
}

// The library's types do not know the third argument of a reviver yet.
const parseExactly = (json: string): unknown => JSON.parse(json, exact as (key: string, value: unknown) => unknown);

const colon = /\s*:/y;

/** Whether a key of a valid text has an escape. */
function hasEscapedKey(json: string): boolean {
  for (let at = json.indexOf('\\'); at !== -1; at = json.indexOf('\\', at)) {
    while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
    colon.lastIndex = at + 1;
    if (colon.test(json)) return true;
  }
  return false;
}

/** The strings of a valid text; keys with their colon. */
const strings = /"[^"\\]*(?:\\.[^"\\]*)*"\s*:?/g;

/** A valid text with its keys rewritten so that none needs an escape. */
const withKeysEncoded = (json: string) =>
  json.replace(strings, (text) =>
    text.endsWith(':') && /[%\\]/.test(text)
      ? `"${encoded(JSON.parse(text.slice(0, text.lastIndexOf('"') + 1)))}":`
      : text,
  );

const encoded = (key: string) => key.replace(/[%"\\]|[^ -\uffff]/g, encodeURIComponent);
const decoded = (key: string) => key.replace(/%[0-9A-F]{2}/g, decodeURIComponent);

/** Changes the value in place and without recursion, since nested brackets would overflow the stack. */
function withKeysDecoded(value: unknown): unknown {
  const parts = [value];
  for (const part of parts) {
    if (part === null || typeof part !== 'object') continue;
    for (const child of Object.values(part)) parts.push(child);
    if (!Object.keys(part).some((key) => key.includes('%'))) continue;
    const entries: [string, unknown][] = Object.entries(part);
    // All are removed first, since one key may be the encoded form of another.
    for (const [key] of entries) Reflect.deleteProperty(part, key);
    for (const [key, child] of entries)
      Object.defineProperty(part, decoded(key), { value: child, configurable: true, enumerable: true, writable: true });
  }
  return value;
}
