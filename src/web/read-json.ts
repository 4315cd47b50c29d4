import { parseSentJson } from '../values/json.ts';
import { refusal } from './read-body.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The text of a body. Replacing bytes that are not UTF-8 could turn two names into one, so they are refused. */
export function readText(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch {
    throw refusal(400, 'The body is not UTF-8.');
  }
}

/** The value of a body that is JSON. `read` decides what becomes of whole numbers that JavaScript would round. */
export function readJson(body: Uint8Array, read = parseSentJson): unknown {
  const text = readText(body);
  try {
    return read(text);
  } catch {
    throw refusal(400, 'The body is not JSON.');
  }
}
