/**
 * The value of a JSON text. `JSON.parse` of Node.js 24 may confuse a key that is written with an escape with a key of an
 * earlier JSON text that begins the same way: after {"\\":1} it reads {"\"":2} as {"\\":2}.
 * @throws {SyntaxError}
 */
export function parseJson(json: string): unknown {
  const value: unknown = JSON.parse(json);
  return hasEscapedKey(json) ? withKeysDecoded(JSON.parse(withKeysEncoded(json))) : value;
}

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
