import { LRUCache } from 'lru-cache';
import { Unreadable } from './unreadable.ts';

/** "Europe/Berlin", "UTC" or "Etc/GMT+5"; not an offset such as "+02:00", which has no clock changes and no name. */
const form = /^[a-z][a-z0-9_+-]*(?:\/[a-z0-9_+-]+)*$/i;
const longest = 64;

/** Asking Intl for a zone takes as long as everything else that a small request needs. */
const known = new LRUCache<string, boolean>({ max: 2_000 });

/** Reads the IANA name of a time zone. */
export function parseTimeZone(text: string): string | Unreadable {
  return text.length <= longest && form.test(text) && isZone(text)
    ? text
    : new Unreadable('must be an IANA time zone, like "Europe/Berlin"');
}

function isZone(name: string): boolean {
  const remembered = known.get(name);
  if (remembered !== undefined) return remembered;
  let is = true;
  try {
    Intl.DateTimeFormat(undefined, { timeZone: name });
  } catch {
    is = false;
  }
  known.set(name, is);
  return is;
}
