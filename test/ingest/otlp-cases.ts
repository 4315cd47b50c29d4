import type { CaseSpan, OtlpCase, Value } from './otlp-request.ts';

const span = (id: string, parent: string, name: string, scope: string, attrs: Record<string, Value>): CaseSpan => ({
  id,
  parent,
  name,
  scope,
  attrs,
});

const chat = (input: number, output: number, more: Record<string, Value> = {}) => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-5.1',
  'gen_ai.usage.input_tokens': input,
  'gen_ai.usage.output_tokens': output,
  ...more,
});

const one = (input: number, output: number, more: object = {}) => ({ calls: 1, input, output, ...more });

const nested = 'agent-span-repeats-children';
const excluding = 'input-without-cached';
const names = 'names-of-attributes';

/** Traces as instrumentations make them, and the calls that they are. */
export const otlpCases: readonly OtlpCase[] = [
  {
    kind: nested,
    what: 'agent loop: the root repeats the sum of three chat spans',
    spans: [
      span('1', '', 'invoke_agent', 'ai', { ...chat(14426, 771), 'gen_ai.operation.name': 'invoke_agent' }),
      span('10', '1', 'chat gpt-5.1', 'ai', chat(4000, 200)),
      span('11', '1', 'chat gpt-5.1', 'ai', chat(5000, 300)),
      span('12', '1', 'chat gpt-5.1', 'ai', chat(5426, 271)),
    ],
    expect: { calls: 3, input: 14426, output: 771 },
  },
  {
    kind: nested,
    what: 'Vercel AI SDK 4: generateText around doGenerate',
    spans: [
      span('1', '', 'ai.generateText', 'ai', {
        'ai.operationId': 'ai.generateText',
        'ai.model.id': 'gpt-5.1',
        'ai.usage.promptTokens': 30,
        'ai.usage.completionTokens': 7,
      }),
      span('2', '1', 'ai.generateText.doGenerate', 'ai', {
        'ai.operationId': 'ai.generateText.doGenerate',
        'ai.model.id': 'gpt-5.1',
        'gen_ai.system': 'openai.chat',
        'gen_ai.usage.input_tokens': 30,
        'gen_ai.usage.output_tokens': 7,
        'ai.usage.promptTokens': 30,
        'ai.usage.completionTokens': 7,
      }),
      span('3', '1', 'ai.toolCall', 'ai', { 'ai.operationId': 'ai.toolCall' }),
    ],
    expect: one(30, 7),
  },
  {
    kind: nested,
    what: 'Vercel AI SDK: embedMany around two doEmbed',
    spans: [
      span('1', '', 'ai.embedMany', 'ai', { 'ai.operationId': 'ai.embedMany', 'ai.usage.tokens': 12 }),
      span('2', '1', 'ai.embedMany.doEmbed', 'ai', {
        'ai.operationId': 'ai.embedMany.doEmbed',
        'ai.usage.tokens': 5,
      }),
      span('3', '1', 'ai.embedMany.doEmbed', 'ai', {
        'ai.operationId': 'ai.embedMany.doEmbed',
        'ai.usage.tokens': 7,
      }),
    ],
    expect: { calls: 2, input: 12, output: 0 },
  },
  {
    kind: nested,
    what: 'Pydantic AI: the run of an agent without an operation',
    spans: [
      span('1', '', 'agent run', 'pydantic-ai', {
        'gen_ai.usage.input_tokens': 20,
        'gen_ai.usage.output_tokens': 4,
        model_name: 'gpt-5.1',
        final_result: 'x',
      }),
      span('2', '1', 'chat gpt-5.1', 'pydantic-ai', chat(20, 4)),
    ],
    expect: one(20, 4),
  },
  {
    kind: nested,
    what: 'smolagents by OpenInference: AGENT around CHAIN around LLM',
    spans: [
      span('1', '', 'CodeAgent.run', 'openinference.instrumentation.smolagents', {
        'openinference.span.kind': 'AGENT',
        'llm.token_count.prompt': 100,
        'llm.token_count.completion': 50,
      }),
      span('2', '1', 'Step 1', 'openinference.instrumentation.smolagents', {
        'openinference.span.kind': 'CHAIN',
        'llm.token_count.prompt': 100,
        'llm.token_count.completion': 50,
      }),
      span('3', '2', 'OpenAIServerModel.generate', 'openinference.instrumentation.smolagents', {
        'openinference.span.kind': 'LLM',
        'llm.model_name': 'gpt-5.1',
        'llm.token_count.prompt': 100,
        'llm.token_count.completion': 50,
      }),
    ],
    expect: one(100, 50),
  },
  {
    kind: nested,
    what: "LangChain's model span around the client's own, with a chain between",
    spans: [
      span('1', '', 'ChatOpenAI.chat', 'opentelemetry.instrumentation.langchain', {
        'llm.request.type': 'chat',
        'gen_ai.usage.prompt_tokens': 9,
        'gen_ai.usage.completion_tokens': 3,
      }),
      span('2', '1', 'RunnableLambda.task', 'opentelemetry.instrumentation.langchain', {
        'traceloop.span.kind': 'task',
      }),
      span('3', '2', 'POST', 'opentelemetry.instrumentation.httpx', { 'http.request.method': 'POST' }),
      span('4', '3', 'openai.chat', 'opentelemetry.instrumentation.openai.v1', {
        'llm.request.type': 'chat',
        'gen_ai.system': 'OpenAI',
        'gen_ai.request.model': 'gpt-5.1',
        'gen_ai.usage.prompt_tokens': 9,
        'gen_ai.usage.completion_tokens': 3,
      }),
    ],
    expect: one(9, 3),
  },
  {
    kind: nested,
    what: 'a model span around one without tokens counts itself',
    spans: [
      span('1', '', 'litellm_request', 'litellm', chat(9, 3)),
      span('2', '1', 'raw_gen_ai_request', 'litellm', { 'gen_ai.operation.name': 'chat' }),
    ],
    expect: one(9, 3),
  },
  {
    kind: nested,
    what: 'agents, tools, plans and fetched responses alone are no calls',
    spans: ['invoke_agent', 'execute_tool', 'plan', 'fetch_response', 'retrieval', 'invoke_workflow'].map(
      (operation, no) =>
        span(String(no + 1), '', operation, 'x', { ...chat(5, 5), 'gen_ai.operation.name': operation }),
    ),
    expect: { calls: 0, input: 0, output: 0 },
  },
  {
    kind: excluding,
    what: 'input excludes the cached parts, which cannot be otherwise: fewer than they are',
    spans: [
      span('1', '', 'chat claude-sonnet-4-5', 'anthropic', {
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'anthropic',
        'gen_ai.request.model': 'claude-sonnet-4-5',
        'gen_ai.usage.input_tokens': 3,
        'gen_ai.usage.output_tokens': 120,
        'gen_ai.usage.cache_read.input_tokens': 5758,
        'gen_ai.usage.cache_creation.input_tokens': 6174,
      }),
    ],
    expect: one(11935, 120, { cached: 5758, cacheWrite: 6174 }),
  },
  {
    kind: excluding,
    what: 'input includes the cached parts, as the conventions say',
    spans: [span('1', '', 'chat', 'x', chat(6000, 10, { 'gen_ai.usage.cache_read.input_tokens': 5758 }))],
    expect: one(6000, 10, { cached: 5758 }),
  },
  {
    kind: excluding,
    what: 'Claude Code, which excludes what was cached whatever there is more of',
    spans: [
      span('1', '', 'claude_code.interaction', 'com.anthropic.claude_code.tracing', { input_tokens: 900 }),
      span('2', '1', 'claude_code.llm_request', 'com.anthropic.claude_code.tracing', {
        model: 'claude-sonnet-4-5',
        input_tokens: 900,
        output_tokens: 40,
        cache_read_tokens: 100,
        cache_creation_tokens: 50,
        duration_ms: 1200,
        ttft_ms: 300,
      }),
    ],
    expect: one(1050, 40, { cached: 100, cacheWrite: 50 }),
  },
  {
    kind: excluding,
    what: 'OpenLLMetry of Bedrock, which excludes it',
    spans: [
      span('1', '', 'bedrock.converse', 'opentelemetry.instrumentation.bedrock', {
        'llm.request.type': 'chat',
        'gen_ai.system': 'AWS',
        'gen_ai.usage.input_tokens': 900,
        'gen_ai.usage.output_tokens': 40,
        'gen_ai.usage.cache_read_input_tokens': 100,
      }),
    ],
    expect: one(1000, 40, { cached: 100 }),
  },
  {
    kind: excluding,
    what: 'a total says that it is excluded',
    spans: [
      span('1', '', 'chat', 'x', {
        ...chat(900, 40),
        'gen_ai.usage.cache_read.input_tokens': 100,
        'gen_ai.usage.total_tokens': 1040,
      }),
    ],
    expect: one(1000, 40, { cached: 100 }),
  },
  {
    kind: names,
    what: 'OpenInference with details',
    spans: [
      span('1', '', 'ChatCompletion', 'openinference.instrumentation.openai', {
        'openinference.span.kind': 'LLM',
        'llm.provider': 'openai',
        'llm.model_name': 'gpt-5.1',
        'llm.token_count.prompt': 200,
        'llm.token_count.completion': 20,
        'llm.token_count.prompt_details.cache_read': 128,
        'llm.token_count.total': 220,
      }),
    ],
    expect: one(200, 20, { cached: 128 }),
  },
  {
    kind: names,
    what: 'numbers as text, and NaN for what is not known',
    spans: [
      span('1', '', 'ai.streamText.doStream', 'ai', {
        'ai.operationId': 'ai.streamText.doStream',
        'gen_ai.usage.input_tokens': '12',
        'gen_ai.usage.output_tokens': '3',
        'ai.usage.promptTokens': Number.NaN,
      }),
    ],
    expect: one(12, 3),
  },
  {
    kind: names,
    what: 'an embedding with nothing but a total',
    spans: [
      span('1', '', 'embeddings', 'x', { 'gen_ai.operation.name': 'embeddings', 'gen_ai.usage.total_tokens': 8 }),
    ],
    expect: one(8, 0),
  },
  {
    kind: names,
    what: 'a span without any tokens is no call, nor is one of something else',
    spans: [
      span('1', '', 'chat gpt-5.1', 'x', { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-5.1' }),
      span('2', '1', 'GET /', 'http', { 'http.request.method': 'GET', input_tokens: 5 }),
    ],
    expect: { calls: 0, input: 0, output: 0 },
  },
];
