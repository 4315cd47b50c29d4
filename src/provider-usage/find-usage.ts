import { ValidationError } from '../values/errors.ts';
import { isJsonObject, type JsonObject } from '../values/json.ts';
import { at, firstText } from './json-path.ts';

/** Where providers have the usage in an answer, or in the last event of a stream. */
const places = [
  'usage',
  'usageMetadata',
  'usage_metadata',
  'usage_info',
  // OpenAI's response.completed and response.done, Anthropic's message_start, Bedrock's metadata event.
  'response.usage',
  // Results of batches.
  'response.body.usage',
  'result.message.usage',
  'response.usageMetadata',
  'message.usage',
  'metadata.usage',
  // Groq's and Cohere's last chunks, Cohere's embeddings.
  'x_groq.usage',
  'delta.usage',
  'meta',
];

const containers = ['response.body.', 'result.message.', 'response.', 'message.', ''];
const within = (...names: string[]) => containers.flatMap((container) => names.map((name) => container + name));

/** The usage object of an answer, and what the answer says about the call besides. */
export interface FoundUsage {
  usage: JsonObject;
  /** The answer; the usage itself where that is all there is. */
  answer: JsonObject;
  model: string | undefined;
  responseId: string | undefined;
}

/** @throws {ValidationError} when an answer has no usage, as chunks before a stream's last one. */
export function findUsage(body: JsonObject): FoundUsage {
  for (const place of places) {
    const usage = at(body, place);
    if (isJsonObject(usage) && Object.keys(usage).length > 0) return { usage, ...aboutCall(body), answer: body };
  }
  const isAnswer = ['choices', 'object', 'candidates', 'output', 'content'].some((name) => Object.hasOwn(body, name));
  if (isAnswer || Object.keys(body).length === 0)
    throw new ValidationError(
      "'providerUsage' has no usage. Of a stream, send the last chunk; OpenAI sends it with 'stream_options': {'include_usage': true}",
      'providerUsage',
    );
  return { usage: body, ...aboutCall({}), answer: body };
}

const aboutCall = (body: JsonObject) => ({
  model: firstText(body, within('model', 'modelVersion', 'model_version')),
  responseId: firstText(body, [...within('id', 'responseId', 'response_id'), 'x_groq.id']),
});
