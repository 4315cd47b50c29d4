import { maxBatchSize } from '../recording/recording.service.ts';
import { readCall, UnreadCall } from '../recording/read-call.ts';
import { ValidationError } from '../values/errors.ts';
import { parseSentJson } from '../values/json.ts';
import { readJson, readText } from '../web/read-json.ts';
import { orRejected, outcomesJson, recordEach, type ReadCall } from './record-each.ts';
import { mediaType, type Road } from './road.ts';

const lineTypes = new Set([
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
]);

export const jsonHeaders = { 'content-type': 'application/json; charset=utf-8' };

/** POST /v1/calls: a JSON object, a JSON array, or a JSON object on each line, with the fields of RecordUsageInput. */
export const callsRoad: Road = {
  takes: (type) => type === 'application/json' || lineTypes.has(type),
  takesInWords: 'application/json, or application/x-ndjson for a JSON object on each line',
  async answer(request) {
    const isLines = lineTypes.has(mediaType(request.headers));
    const calls = isLines ? linesOf(readText(request.body)) : [readJson(request.body)].flat();
    if (calls.length > maxBatchSize)
      throw new ValidationError(`A request has at most ${maxBatchSize} calls; this one has ${calls.length}.`);
    const read = calls.map((call) => toCall(isLines ? lineValue(String(call)) : call));
    return { headers: jsonHeaders, body: outcomesJson(await recordEach(read, request)) };
  },
};

const linesOf = (text: string) => text.split('\n').filter((line) => line.trim() !== '');

/** The value of a line; undefined for one that is not JSON. */
function lineValue(line: string): unknown {
  try {
    return parseSentJson(line);
  } catch {
    return undefined;
  }
}

/** A call of a JSON value, or why it is none. */
const toCall = (value: unknown): ReadCall => orRejected(new UnreadCall(value).requestId, () => readCall(value));
