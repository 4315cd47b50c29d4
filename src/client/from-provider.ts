import type { UsageCall } from './call.ts';

/** What the gateway reads of answers; everything else, such as their text, stays here. */
const kept = new Set([
  'created',
  'id',
  'meta',
  'metadata',
  'model',
  'modelVersion',
  'model_version',
  'object',
  'responseId',
  'response_id',
  'serviceTier',
  'service_tier',
  'type',
  'usage',
  'usageMetadata',
  'usage_info',
  'usage_metadata',
]);
/** Where answers have such fields inside: OpenAI's events, Anthropic's message_start, results of batches, Groq's chunks. */
const containers = new Set(['body', 'delta', 'message', 'response', 'result', 'x_groq']);

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const secondMs = 1000;
const maxIdLength = 200;

/**
 * The call that a provider's answer tells of: OpenAI, Anthropic, Gemini, Bedrock and those that speak like them. Give the
 * whole answer, or the last event of a stream. The gateway reads token counts, model and service tier from what is sent of
 * it, which is never the text. The id of the answer becomes the idempotency key.
 * @param fields What else is known of the call, such as the provider; it goes before what the answer says.
 */
export function fromProvider(answer: object, fields: UsageCall = {}): UsageCall {
  const usage = withoutText(plain(answer));
  const about = [usage, usage['response'], usage['message']].filter(isObject);
  const id = about.map((one) => one['id'] ?? one['responseId']).find((value) => typeof value === 'string');
  const created = about.map((one) => one['created']).find((value) => typeof value === 'number');
  return {
    ...(typeof id === 'string' && id !== '' && id.length <= maxIdLength ? { requestId: id } : {}),
    // The same whenever the answer is recorded again.
    ...(typeof created === 'number' ? { occurredAt: new Date(created * secondMs) } : {}),
    ...fields,
    providerUsage: { body: usage },
  };
}

/** SDKs give classes with methods; what they would send as JSON is the answer. */
function plain(answer: object): JsonObject {
  const value: unknown = JSON.parse(JSON.stringify(answer));
  return isObject(value) ? value : {};
}

const looksLikeUsage = (answer: JsonObject) =>
  ![...kept].some((name) => name !== 'type' && name in answer) && ![...containers].some((name) => name in answer);

function withoutText(answer: JsonObject): JsonObject {
  // The usage object itself.
  if (looksLikeUsage(answer)) return answer;
  return Object.fromEntries(
    Object.entries(answer).flatMap(([name, value]): [string, unknown][] => {
      if (containers.has(name) && isObject(value)) return [[name, withoutText(value)]];
      return kept.has(name) ? [[name, value]] : [];
    }),
  );
}
