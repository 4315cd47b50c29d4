import { makerOf, providerName } from './provider-names.ts';

/** Names under which prices are looked up. */
export interface ModelNames {
  /** The provider's canonical name. */
  provider: string;
  /** The model for prices that are set, most specific name first: as sent, then without region, vendor, date. */
  models: readonly [string, ...string[]];
  /** Names of the provider under which prices may be set, the first before the others: as named, by its model, as sent. */
  providers: readonly [string, ...string[]];
  catalogue: CatalogueName;
}

/** What the catalogue is asked for. It names dated models itself, so that none is shortened to another. */
export interface CatalogueName {
  provider: string;
  /** Spellings of the same model, the one sent first. */
  models: readonly string[];
  /** Where the call was served, where the name says it: `eu`, `us-west-2`, `global`. */
  region: string | undefined;
  isVertex: boolean;
}

const geography = /^(us|us-gov|eu|apac|ap|jp|au|ca|sa|in|global)\./;
const bedrockVendor =
  /^(ai21|amazon|anthropic|cohere|deepseek|google|luma|meta|minimax|mistral|moonshot|moonshotai|nvidia|openai|qwen|stability|twelvelabs|writer|zai)\./;
const bedrockVersion = /(-v\d+)?:\d+(:\w+)?$/;

/**
 * Ways to name a model less specifically, each applied to the result of the one before. A fine-tuned model ("ft:…") has a
 * price of its own and never gets that of its base model.
 */
const lessSpecific: readonly ((name: string, provider: string) => string)[] = [
  (name, provider) => (provider === 'aws' ? name.replace(geography, '') : name),
  (name, provider) => (provider === 'aws' ? name.replace(bedrockVendor, '') : name),
  (name, provider) => (provider === 'aws' ? name.replace(bedrockVersion, '') : name),
  (name) => name.replace(/@(default|latest)$/, '').replace(/(?<=\w)@/, '-'),
  (name) => name.replace(/-latest$/, ''),
  (name) => name.replace(/-20\d\d-(0[1-9]|1[0-2])-([0-2]\d|3[01])$/, ''),
  (name) => name.replace(/-20\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])$/, ''),
  // Month and day as in gpt-4-0613, year and month as in mistral-large-2411.
  (name) => name.replace(/-((0[1-9]|1[0-2])([0-2]\d|3[01])|2[3-9](0[1-9]|1[0-2]))$/, ''),
  // A revision. Elsewhere such a number may name another model, as in davinci-002.
  (name) => (name.startsWith('gemini-') ? name.replace(/-0\d\d$/, '') : name),
];

/** Prefixes that SDKs and consoles put before a model's name: "models/…", a Google resource name, an ARN. */
const folders = /^(models\/|publishers\/[^/]+\/models\/|projects\/.*\/models\/|arn:aws[\w-]*:bedrock:[^/]*\/)/;

/** LiteLLM's names of Bedrock's interfaces, before the model. */
const bedrockRoute = /^(converse_like|converse|invoke|async_invoke|openai)\//;
const awsRegion = /^((?:us|eu|ap|ca|sa|me|af|il|mx)(?:-gov)?-[a-z]+-\d)\//;

/** The names under which the price of a provider's model is looked up. */
export function modelNames(provider: string, model: string): ModelNames {
  const sent = providerName(provider);
  const asSent = model.trim().toLowerCase();
  const { name, rest, isVertex } = readProvider(sent, asSent);
  const place = readPlace(name, rest);
  const first = name === 'azure' ? place.model.replace(/^gpt-35-/, 'gpt-3.5-') : place.model;
  // As named, with its region, before the model wherever it is served.
  const named = rest.replace(folders, '');
  const wherever = shortened(first, name);
  const models: ModelNames['models'] = place.region === undefined || named === first ? wherever : [named, ...wherever];
  const [primary, ...others] = new Set([sent.name, name, provider.trim().toLowerCase()]);
  const providers: ModelNames['providers'] = [primary ?? name, ...others];
  const catalogue = {
    provider: name,
    models: spellings(first, name, place.region),
    region: place.region,
    isVertex: isVertex || /\/publishers\//.test(`/${asSent}`),
  };
  return { provider: name, models, providers, catalogue };
}

/** The provider, and the model without what names it. */
function readProvider(sent: ReturnType<typeof providerName>, model: string) {
  const [, prefix = '', rest = ''] = /^([^/:]+)[/:](.+)$/.exec(model) ?? [];
  const named = prefix === '' ? undefined : providerName(prefix);
  // "deepseek-ai/…" and the like are names of open weights, which many providers sell.
  const says = named?.isKnown && !isOpenWeights(prefix, rest) && !(sent.namesMakers && openWeights.test(rest));
  if (
    named &&
    says &&
    (sent.isRelay ? !rest.endsWith(':free') || named.name === 'openrouter' : named.name === sent.name)
  )
    return { name: named.name, rest, isVertex: named.isVertex || sent.isVertex };
  if (!sent.isRelay) return { name: sent.name, rest: model, isVertex: sent.isVertex };
  // Only OpenRouter names models like this.
  if (/^[^/]+\/.+:free$/.test(model)) return { name: 'openrouter', rest: model, isVertex: false };
  if (/^arn:aws[\w-]*:bedrock:/.test(model) || bedrockVendor.test(model.replace(geography, '')))
    return { name: 'aws', rest: model, isVertex: false };
  if (/^(projects|publishers|models)\//.test(model)) return { name: 'google', rest: model, isVertex: false };
  const maker = /\//.test(model) ? undefined : makerOf(model);
  return { name: maker ?? sent.name, rest: model, isVertex: false };
}

/** Families of models that many providers serve, at prices of their own. */
const openWeights = /^(deepseek|kimi|glm|minimax|mixtral|open-mi|devstral-small|pixtral-12b|mistral-(7b|nemo))/;

const isOpenWeights = (prefix: string, rest: string) =>
  /^(deepseek-ai|mistralai|amazon)$/.test(prefix) || /^(gpt-oss|gemma)/.test(rest);

/** The region that a name says, and the name without it where it is not part of it. */
function readPlace(provider: string, model: string): { region: string | undefined; model: string } {
  if (provider === 'aws') {
    const [, arnRegion] = /^arn:aws[\w-]*:bedrock:([\w-]*):/.exec(model) ?? [];
    const routed = model.replace(folders, '').replace(bedrockRoute, '');
    const [, region] = awsRegion.exec(routed) ?? [];
    const rest = region === undefined ? routed : routed.slice(region.length + 1);
    const [, prefix] = geography.exec(rest) ?? [];
    return { region: prefix ?? region ?? (arnRegion || undefined), model: rest };
  }
  if (provider === 'azure') {
    const [, zone] = /^(eu|us)\//.exec(model) ?? [];
    return { region: zone, model: model.replace(/^(eu|us|global(-standard)?)\//, '').replace(folders, '') };
  }
  const [, location] = /^projects\/.*\/locations\/([\w-]+)\//.exec(model) ?? [];
  return { region: location, model: model.replace(folders, '') };
}

function shortened(first: string, provider: string): readonly [string, ...string[]] {
  const models: [string, ...string[]] = [first];
  if (first.startsWith('ft:')) return models;
  let [current] = models;
  for (const shorten of lessSpecific) {
    const shorter = shorten(current, provider);
    if (shorter === current || shorter === '') continue;
    models.push(shorter);
    current = shorter;
  }
  return models;
}

/** Ways to write the same model, of the same region. */
function spellings(first: string, provider: string, region: string | undefined): string[] {
  const names = [first];
  // OpenAI's dated models cost what the undated do; the catalogue names those that do not, and they are found before.
  const undated = /^gpt-|^o\d/.test(first) ? first.replace(/-20\d\d-\d\d-\d\d$/, '') : first;
  const add = (name: string) => {
    if (name !== '' && !names.includes(name)) names.push(name);
  };
  for (const name of names) {
    if (name.startsWith('ft:')) break;
    if (provider === 'aws') {
      if (region !== 'global') add(name.replace(geography, ''));
      add(name.replace(bedrockVersion, ''));
      if (!geography.test(name)) add(name.replace(bedrockVendor, ''));
    }
    add(name.replace(/@(default|latest)$/, ''));
    add(name.replace(/(?<=\w)@/, '-'));
    // Claude Code's name for the same model with a larger context.
    add(name.replace(/\[1m\]$/, ''));
    add(name.replace(/-(20\d\d)(0[1-9]|1[0-2])([0-2]\d|3[01])$/, '-$1-$2-$3'));
  }
  if ((provider === 'openai' || provider === 'azure') && !names.includes(undated)) names.push(undated);
  return names;
}
