/** Names under which prices are looked up. */
export interface ModelNames {
  /** The provider's canonical name. */
  provider: string;
  /** The model, most specific name first: as sent, then without region, vendor, date. */
  models: readonly [string, ...string[]];
}

/** Other names of providers, as SDKs, proxies and OpenTelemetry write them, with dashes for dots and the like. */
const providers: Readonly<Record<string, readonly string[]>> = {
  anthropic: ['claude', 'anthropic-ai'],
  aws: ['bedrock', 'aws-bedrock', 'amazon-bedrock', 'amazon', 'bedrock-converse', 'bedrock-runtime'],
  azure: [
    'azure-openai',
    'azureopenai',
    'az-ai-openai',
    'azure-ai-openai',
    'az-ai-inference',
    'azure-ai-inference',
    'azure-ai',
    'azure-ai-foundry',
    'azure-foundry',
    'microsoft-foundry',
  ],
  cohere: ['cohere-ai', 'cohere-chat'],
  deepseek: ['deep-seek', 'deepseek-ai'],
  fireworks: ['fireworks-ai'],
  google: [
    'gemini',
    'vertex',
    'vertexai',
    'vertex-ai',
    'vertex-ai-beta',
    'google-vertex',
    'google-vertex-ai',
    'google-vertexai',
    'google-vertex-anthropic',
    'vertex-ai-anthropic-models',
    'google-ai',
    'google-ai-studio',
    'google-genai',
    'google-generative-ai',
    'google-gla',
    'gcp-gemini',
    'gcp-vertex-ai',
    'gcp-gen-ai',
  ],
  groq: ['groqcloud'],
  mistral: ['mistralai', 'mistral-ai'],
  moonshotai: ['moonshot', 'moonshot-ai', 'kimi'],
  openai: ['open-ai', 'openai-chat', 'openai-responses', 'text-completion-openai'],
  openrouter: ['open-router'],
  perplexity: ['perplexity-ai'],
  together: ['together-ai', 'togetherai'],
  voyageai: ['voyage', 'voyage-ai'],
  'x-ai': ['xai', 'grok'],
  zhipuai: ['zhipu', 'zhipu-ai'],
};

const canonical = new Map(
  Object.entries(providers).flatMap(([name, others]) => [name, ...others].map((other) => [other, name] as const)),
);

const bedrockVendor =
  /^(ai21|amazon|anthropic|cohere|deepseek|google|luma|meta|minimax|mistral|moonshot|moonshotai|nvidia|openai|qwen|stability|twelvelabs|writer|zai)\./;

/**
 * Ways to name a model less specifically, each applied to the result of the one before. A fine-tuned model ("ft:…") has a
 * price of its own and never gets that of its base model.
 */
const lessSpecific: readonly ((name: string, provider: string) => string)[] = [
  (name, provider) => (provider === 'aws' ? name.replace(/^(us|us-gov|eu|apac|ap|jp|au|ca|sa|global)\./, '') : name),
  (name, provider) => (provider === 'aws' ? name.replace(bedrockVendor, '') : name),
  (name, provider) => (provider === 'aws' ? name.replace(/(-v\d+)?:\d+(:\w+)?$/, '') : name),
  (name) => name.replace(/@(default|latest)$/, '').replace(/(?<=\w)@/, '-'),
  (name) => name.replace(/-latest$/, ''),
  (name) => name.replace(/-20\d\d-(0[1-9]|1[0-2])-([0-2]\d|3[01])$/, ''),
  (name) => name.replace(/-20\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])$/, ''),
  // Month and day as in gpt-4-0613, year and month as in mistral-large-2411, a revision as in gemini-1.5-pro-002.
  (name) => name.replace(/-((0[1-9]|1[0-2])([0-2]\d|3[01])|2[3-9](0[1-9]|1[0-2])|0\d\d)$/, ''),
];

/** Prefixes that SDKs and consoles put before a model's name: "models/…", a Google resource name, an ARN. */
const folders = /^(models\/|publishers\/[^/]+\/models\/|projects\/.*\/models\/|arn:aws[\w-]*:bedrock:[^/]*\/)/;

function providerName(provider: string): string {
  const asSent = provider.trim().toLowerCase();
  return canonical.get(asSent.replace(/[\s._/-]+/g, '-')) ?? asSent;
}

/** LiteLLM puts the provider into the model, "bedrock/amazon.nova-pro-v1:0"; some clients name it in both places. */
function splitPrefix(provider: string, model: string): { provider: string; first: string } {
  const [, prefix = '', rest = ''] = /^([^/]+)\/(.+)$/.exec(model) ?? [];
  const named = canonical.get(prefix.replace(/[._]/g, '-'));
  return named !== undefined && (provider === 'litellm' || provider === named)
    ? { provider: named, first: rest }
    : { provider, first: model };
}

/** The names under which the price of a provider's model is looked up. */
export function modelNames(provider: string, model: string): ModelNames {
  const { provider: name, first } = splitPrefix(
    providerName(provider),
    model.trim().toLowerCase().replace(folders, ''),
  );
  const models: [string, ...string[]] = [name === 'azure' ? first.replace(/^gpt-35-/, 'gpt-3.5-') : first];
  if (first.startsWith('ft:')) return { provider: name, models };
  let [current] = models;
  for (const shorten of lessSpecific) {
    const shorter = shorten(current, name);
    if (shorter === current || shorter === '') continue;
    models.push(shorter);
    current = shorter;
  }
  return { provider: name, models };
}
