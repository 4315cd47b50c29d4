import type { Span } from './span.ts';

/** Operations of the GenAI conventions, and those that instrumentations use beside them, that call a model. */
const inferences = new Set([
  'chat',
  'chat_completion',
  'completion',
  'completions',
  'embedding',
  'embeddings',
  'generate_content',
  'image_generation',
  'message',
  'messages',
  'moderation',
  'rerank',
  'response',
  'responses',
  'speech',
  'text_completion',
  'transcription',
]);

/** Words in other operations that name what is around a call, or no call at all: these may repeat its tokens. */
const outerWord =
  /agent|chain|conversation|crew|evaluat|event_loop|fetch|graph|guardrail|handoff|memory|pipeline|plan|retriev|run|session|task|tool|workflow/;

/** Attributes that name the kind of a span; of their values, those that are calls of a model. */
const kindAttributes: Readonly<Record<string, RegExp>> = {
  'openinference.span.kind': /^(llm|embedding|reranker)$/,
  'traceloop.span.kind': /^(llm|embedding|unknown)$/,
  'gen_ai.span.kind': /^(llm|embedding|reranker|client)$/,
  'langfuse.observation.type': /^(generation|embedding)$/,
  'langsmith.span.kind': /^(llm|embedding)$/,
  'lmnr.span.type': /^(llm|embedding)$/,
  'mlflow.spanType': /^"?(llm|chat_model|embedding)"?$/,
};

/** Names of spans around calls, of instrumentations that give them the attributes of a call. */
const outerNames =
  /^(agent[ _]run|agent workflow|create_agent|execute_event_loop_cycle|execute_tool|invocation|invoke_agent|invoke_workflow|running (\d+ )?tools?)\b|(\.kickoff|[Aa]gent\.(run|invoke|stream))$/;

/** What older versions of Pydantic AI add to the span of an agent's run, and to no other. */
const agentResults = ['final_result', 'all_messages_events', 'pydantic_ai.all_messages'];

const claudeCode = 'claude_code.';

/** The function of the Vercel AI SDK that a span is of, such as "ai.generateText.doGenerate". */
export function aiSdkFunction({ name, scope, attributes }: Span): string | undefined {
  const id = attributes.get('ai.operationId');
  if (typeof id === 'string') return id;
  const [first = ''] = name.split(' ');
  return scope === 'ai' && first.startsWith('ai.') ? first : undefined;
}

export const isClaudeCodeRequest = ({ name }: Span): boolean => name === `${claudeCode}llm_request`;

/**
 * Whether a span is around calls of models rather than one: of an agent, a chain, a tool or an SDK's own function. Such
 * spans may repeat the tokens of those inside them, and are never calls, whatever else they say.
 */
export function isOuter(span: Span): boolean {
  const { name, scope, attributes } = span;
  const operation = attributes.get('gen_ai.operation.name');
  if (typeof operation === 'string' && isOuterOperation(operation.toLowerCase())) return true;
  // Its calls of models have named their operation from the first.
  if (scope === 'pydantic-ai' && operation === undefined) return true;
  for (const [attribute, inner] of Object.entries(kindAttributes)) {
    const kind = attributes.get(attribute);
    if (typeof kind === 'string' && !inner.test(kind.toLowerCase())) return true;
  }
  const ofSdk = aiSdkFunction(span);
  if (ofSdk !== undefined && !/\.do[A-Z]\w*$/.test(ofSdk)) return true;
  if (name.startsWith(claudeCode) && !isClaudeCodeRequest(span)) return true;
  return outerNames.test(name) || agentResults.some((result) => attributes.has(result));
}

const isOuterOperation = (operation: string) => !inferences.has(operation) && outerWord.test(operation);
