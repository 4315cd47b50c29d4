/** Other names of providers, as SDKs, proxies and OpenTelemetry write them, with dashes for dots and the like. */
const providers: Readonly<Record<string, readonly string[]>> = {
  anthropic: ['claude', 'anthropic-ai', 'chatanthropic'],
  avian: [],
  aws: [
    'bedrock',
    'aws-bedrock',
    'amazon-bedrock',
    'amazonbedrock',
    'amazon',
    'bedrock-converse',
    'bedrock-runtime',
    'bedrock-anthropic',
    'amazon-bedrock-anthropic',
    'anthropic-bedrock',
    'chatbedrock',
  ],
  azure: [
    'azure-openai',
    'azureopenai',
    'azurechatopenai',
    'az-ai-openai',
    'azure-ai-openai',
    'az-ai-inference',
    'azure-ai-inference',
    'azure-ai',
    'azure-ai-foundry',
    'azure-foundry',
    'azure-anthropic',
    'azure-text',
    'microsoft-foundry',
  ],
  cerebras: [],
  cloudflare: ['cloudflare-workers-ai', 'workers-ai', 'workersai'],
  cohere: ['cohere-ai', 'cohere-chat'],
  deepseek: ['deep-seek', 'deepseek-ai'],
  fireworks: ['fireworks-ai'],
  'github-copilot': ['github-copilot-chat'],
  google: [
    'gemini',
    'google-gemini',
    'google-ai',
    'google-ai-studio',
    'google-genai',
    'google-generative-ai',
    'googlegenerativeai',
    'google-gla',
    'gcp-gemini',
    'gcp-gen-ai',
  ],
  groq: ['groqcloud'],
  mistral: ['mistralai', 'mistral-ai', 'codestral', 'text-completion-codestral'],
  minimax: [],
  moonshotai: ['moonshot', 'moonshot-ai', 'kimi'],
  novita: ['novita-ai'],
  openai: ['open-ai', 'chatopenai', 'text-completion-openai'],
  openrouter: ['open-router'],
  ovhcloud: [],
  perplexity: ['perplexity-ai'],
  together: ['together-ai', 'togetherai'],
  voyageai: ['voyage', 'voyage-ai'],
  'x-ai': ['xai', 'grok'],
  zai: ['z-ai'],
  zhipuai: ['zhipu', 'zhipu-ai'],
};

/** Names of Google's cloud, whose prices are partly others than those of the Gemini API. */
const vertexNames = [
  'vertex',
  'vertexai',
  'vertex-ai',
  'vertex-ai-beta',
  'vertex-ai-anthropic-models',
  'vertex-ai-language-models',
  'vertex-ai-chat-models',
  'vertex-anthropic',
  'anthropic-vertex',
  'chatvertexai',
  'google-vertex',
  'googlevertex',
  'googlevertex-anthropic',
  'google-vertex-ai',
  'google-vertexai',
  'google-vertex-anthropic',
  'gcp-vertex-ai',
];
const isVertex = new Set(vertexNames);

const canonical = new Map([
  ...Object.entries(providers).flatMap(([name, others]) => [name, ...others].map((other) => [other, name] as const)),
  ...vertexNames.map((name) => [name, 'google'] as const),
]);

/** Who passes calls on to providers at their prices, or does not know the provider: the model's name may say it. */
const relays = new Set([
  '',
  'unknown',
  'gateway',
  'ai-gateway',
  'vercel',
  'vercel-ai-gateway',
  'litellm',
  'litellm-proxy',
  'langchain',
]);

/** What SDKs add to a provider's name: the interface that was called. */
const apiSuffix =
  /-(chat|messages|responses|completions?|(text-?)?embeddings?|images?|speech|transcription|realtime|converse|language-model)$/;

/** A provider as it is known here. */
export interface ProviderName {
  /** Canonical; as sent, in lower case, where it is not known. */
  name: string;
  isKnown: boolean;
  isVertex: boolean;
  /** Whether the model's name must say who the provider is. */
  isRelay: boolean;
  /** Whether it names models by their makers, whoever serves them. */
  namesMakers: boolean;
}

const unknown = { isKnown: false, isVertex: false, isRelay: false, namesMakers: false };

/** Reads a provider as sent: "Azure OpenAI", "anthropic.messages", "aws.bedrock". */
export function providerName(provider: string): ProviderName {
  const asSent = provider.trim().toLowerCase();
  let name = asSent.replace(/[\s._/:-]+/g, '-');
  for (;;) {
    const known = canonical.get(name);
    const shorter = name.replace(apiSuffix, '');
    if (known !== undefined) return { ...unknown, name: known, isKnown: true, isVertex: isVertex.has(name) };
    if (relays.has(name)) return { ...unknown, name: asSent, isRelay: true, namesMakers: /gateway|^vercel/.test(name) };
    if (shorter === name) return { ...unknown, name: asSent };
    name = shorter;
  }
}

/** Names under which only the maker sells a model, so that they say the provider. Open weights are sold by many. */
const makers: readonly (readonly [provider: string, name: RegExp])[] = [
  [
    'openai',
    /^(ft:)?(gpt-[345](?!.*-oss)|chatgpt-|gpt-(audio|image|realtime|transcribe)|o[1-9](-|$)|text-embedding-(3|ada)|(davinci|babbage)-002|whisper-1|omni-moderation|codex-mini|computer-use)/,
  ],
  ['openai', /^gpt-\d+(\.\d+)?(-(sol|luna|terra|astra)|$)/],
  ['anthropic', /^claude-/],
  ['google', /^gemini-/],
  ['x-ai', /^grok-\d/],
  [
    'mistral',
    /^(mistral-(large|medium|small|tiny|saba|embed)|codestral|magistral-(small|medium)|pixtral-large|ministral-(3|8|14)b|devstral-(small|medium))(-latest|-2\d{3})?$/,
  ],
  ['cohere', /^(command(-r|-a|-light)?|command-r-plus|command-r7b|embed-(english|multilingual))(-|$)/],
  ['perplexity', /^sonar(-|$)/],
  ['voyageai', /^voyage-/],
  ['deepseek', /^deepseek-(chat|reasoner|v4-flash|v4-pro)$/],
];

/** The provider that a model's own name says, for calls that name none. */
export const makerOf = (model: string): string | undefined => makers.find(([, name]) => name.test(model))?.[0];
