import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { CloudEvent } from 'cloudevents';
import { readCall } from '../recording/read-call.ts';
import { ValidationError } from '../values/errors.ts';
import { isJsonObject, parseSentJson } from '../values/json.ts';
import { jsonHeaders } from './calls-road.ts';
import { readJson, readText } from '../web/read-json.ts';
import { orRejected, outcomesJson, recordEach, refuseHeldUp, type ReadCall } from './record-each.ts';
import { mediaType, type IngestRequest, type Road } from './road.ts';

const single = 'application/cloudevents+json';
const batch = 'application/cloudevents-batch+json';

/** POST /v1/events: CloudEvents 1.0 over HTTP, each of which has the fields of a call as its data. */
export const eventsRoad: Road = {
  takes: (type, headers) => type === single || type === batch || headers['ce-specversion'] !== undefined,
  takesInWords: `${single}, ${batch}, or application/json with the headers ce-specversion, ce-id, ce-source and ce-type`,
  async answer(request) {
    const calls = eventsOf(request).map(toCall);
    const outcomes = await recordEach(calls, request);
    refuseHeldUp(outcomes);
    return { headers: jsonHeaders, body: outcomesJson(outcomes) };
  },
};

/** The events of a request in the structured form, whatever its content mode. */
function eventsOf({ headers, body }: Pick<IngestRequest, 'headers' | 'body'>): unknown[] {
  const type = mediaType(headers);
  if (type === single) return [readJson(body)];
  if (type !== batch) return [ofHeaders(headers, body)];
  const events = readJson(body);
  if (!Array.isArray(events)) throw new ValidationError('A batch of CloudEvents must be a JSON array.');
  return events;
}

const headerPrefix = 'ce-';

/** Binary content mode: attributes are headers, and the data is the body. */
function ofHeaders(headers: IncomingHttpHeaders, body: Buffer): Record<string, unknown> {
  const attributes = Object.entries(headers)
    .filter(([name]) => name.startsWith(headerPrefix))
    .map(([name, value]) => [name.slice(headerPrefix.length), percentDecoded(String(value))]);
  const { 'content-type': type } = headers;
  return {
    ...Object.fromEntries(attributes),
    ...(type === undefined ? {} : { datacontenttype: type }),
    data: readText(body),
  };
}

/**
 * A header's value, in which everything but printable ASCII is percent-encoded, and may be quoted. Some senders leave out
 * that a URI's own percent signs are encoded too, so what would gain a blank stays as it is.
 */
function percentDecoded(value: string): string {
  const plain = /^".*"$/s.test(value) ? value.slice(1, -1).replace(/\\(.)/gs, '$1') : value;
  try {
    const decoded = decodeURIComponent(plain);
    return decoded.includes(' ') && !plain.includes(' ') ? plain : decoded;
  } catch {
    return plain;
  }
}

function toCall(event: unknown): ReadCall {
  return orRejected(null, () => {
    if (!isJsonObject(event)) throw new ValidationError('A CloudEvent must be a JSON object.');
    const { id, source, time } = check(event);
    const data = dataOf(event);
    return readCall({
      ...data,
      requestId: data['requestId'] ?? keyOf(source, id),
      occurredAt: data['occurredAt'] ?? time,
    });
  });
}

/** The attributes that a call is made of. @throws {ValidationError} naming what CloudEvents 1.0 does not allow. */
function check(event: Readonly<Record<string, unknown>>) {
  const attributes = Object.fromEntries(
    Object.entries(event).filter(([name]) => name !== 'data' && name !== 'data_base64'),
  );
  // The library would make up an id and take another version for 1.0.
  for (const name of ['id', 'source', 'specversion', 'type'])
    if (typeof attributes[name] !== 'string' || attributes[name] === '')
      throw new ValidationError(`A CloudEvent needs the attribute '${name}'`, name);
  if (attributes['specversion'] !== '1.0') throw new ValidationError("'specversion' must be 1.0", 'specversion');
  try {
    const { id, source } = new CloudEvent(attributes);
    // As it came: without it the library takes now.
    return { id, source, time: attributes['time'] };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ValidationError(`This is no CloudEvent 1.0: ${message.replaceAll(/\s+/g, ' ')}`);
  }
}

const json = /^application\/(?:.+\+)?json\s*(?:;|$)/i;

/** @throws {ValidationError} when the data is not a JSON object. */
function dataOf(event: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { data, data_base64, datacontenttype: type = 'application/json' } = event;
  if (typeof type !== 'string' || !json.test(type))
    throw new ValidationError("'datacontenttype' must be application/json", 'datacontenttype');
  const encoded = typeof data_base64 === 'string' ? Buffer.from(data_base64, 'base64').toString('utf8') : data;
  const value = typeof encoded === 'string' ? parsed(encoded) : encoded;
  if (isJsonObject(value)) return value;
  throw new ValidationError("'data' must be a JSON object with the fields of RecordUsageInput", 'data');
}

function parsed(text: string): unknown {
  try {
    return parseSentJson(text);
  } catch {
    return undefined;
  }
}

/** The idempotency key of a call whose data has none. Events with the same source and id are the same event. */
const keyOf = (source: string, id: string) => `ce:${hash('sha256', JSON.stringify([source, id]), 'base64url')}`;
