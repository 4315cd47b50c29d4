import type { ModelPrice, Provider } from '@pydantic/genai-prices';
import { modelNames, type CatalogueName } from '../model-names.ts';
import { coveredUpTo } from './provider-rules.ts';

/** The name of a model at its maker, for providers that serve other makers' models. */
export function nameAtMaker(provider: Provider, name: string): CatalogueName | undefined {
  // Of Bedrock's names only the maker's part: "us.anthropic.claude-opus-4-6-v1:0".
  const model = name.replace(/^.*\b(anthropic|openai)\./, '').replace(/-v\d+(:\d+)?$/, '');
  const { catalogue } = modelNames('unknown', model);
  return catalogue.provider === provider.id || catalogue.provider === 'unknown' ? undefined : catalogue;
}

const lowestTier = (prices: ModelPrice): number | undefined => {
  const starts = Object.values(prices).flatMap((price) =>
    typeof price === 'object' ? price.tiers.map(({ start }) => start) : [],
  );
  return starts.length === 0 ? undefined : Math.min(...starts);
};

/**
 * Up to how many input tokens a price is known: a price without tiers says nothing about long contexts where the model's maker
 * asks more for them. Undefined when it is known for all.
 */
export function contextBound(
  provider: Provider,
  name: string,
  prices: ModelPrice,
  makersPrices: ModelPrice | undefined,
): number | undefined {
  if (lowestTier(prices) !== undefined) return undefined;
  const rule = coveredUpTo.find((one) => one.provider === provider.id && one.models.test(name));
  return rule?.inputTokens ?? (makersPrices && lowestTier(makersPrices));
}
