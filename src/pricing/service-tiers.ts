import { Big } from 'big.js';
import type { Decimal } from '../values/money.ts';
import type { Rate } from './price.ts';

export const standardTier = 'standard';

const namesOfStandard = new Set(['', 'default', 'auto', 'on_demand', 'on-demand', standardTier]);

/** A service tier as prices name it: lower case, and `standard` under each of its names. */
export function serviceTierName(tier: string | null | undefined): string {
  const name = (tier ?? '').trim().toLowerCase();
  return namesOfStandard.has(name) ? standardTier : name;
}

/** A provider's rule for a tier: every rate of these units times a factor. Units without a rule have no price. */
interface TierRule {
  provider: string;
  tier: string;
  models: RegExp;
  units: readonly string[];
  factor: string;
  source: string;
}

const plain = ['input_tokens', 'output_tokens'];
const withCache = [...plain, 'cache_read_tokens', 'cache_write_tokens', 'cache_write_1h_tokens'];

const date = String.raw`(-\d{4}-\d{2}-\d{2})?`;

/** As published on 2026-11-25, by names of models as they are called. */
const rules: readonly TierRule[] = [
  {
    provider: 'openai',
    tier: 'batch',
    models: new RegExp(
      `^(gpt-4o|gpt-4o-mini|gpt-4\\.1(-mini|-nano)?|gpt-5(-mini|-nano)?|gpt-4-turbo|gpt-3\\.5-turbo|o1|o3|o3-mini|o4-mini|text-embedding-(3-small|3-large|ada-002))${date}$`,
    ),
    units: plain,
    factor: '0.5',
    source: 'https://platform.openai.com/docs/guides/batch: 50% discount',
  },
  {
    provider: 'openai',
    tier: 'flex',
    models: new RegExp(`^(gpt-5(-mini|-nano)?|o3|o4-mini)${date}$`),
    units: [...plain, 'cache_read_tokens'],
    factor: '0.5',
    source: 'https://platform.openai.com/docs/guides/flex-processing: at the rates of the Batch API',
  },
  {
    provider: 'anthropic',
    tier: 'batch',
    models: /^claude-/,
    units: withCache,
    factor: '0.5',
    source:
      'https://platform.claude.com/docs/en/about-claude/pricing#batch-processing: 50% discount, stacks with caching',
  },
  {
    provider: 'anthropic',
    tier: 'fast',
    models: /^claude-opus-5(-\d{8})?$/,
    units: withCache,
    factor: '2',
    source: 'https://platform.claude.com/docs/en/about-claude/pricing#fast-mode-pricing',
  },
  {
    provider: 'anthropic',
    tier: 'us',
    models: /^claude-(opus-4-[678]|sonnet-4-6|(opus|sonnet|fable)-5)/,
    units: withCache,
    factor: '1.1',
    source:
      'https://platform.claude.com/docs/en/about-claude/pricing#data-residency-pricing: 1.1x for US-only inference',
  },
  {
    provider: 'google',
    tier: 'batch',
    models: /^gemini-(2\.5-(pro|flash|flash-lite)|3-(pro|flash)-preview|3\.[5-8]-flash(-lite)?)$/,
    units: plain,
    factor: '0.5',
    source: 'https://ai.google.dev/gemini-api/docs/pricing: batch is 50% of standard',
  },
  {
    provider: 'google',
    tier: 'flex',
    models: /^gemini-3\.[5-8]-flash(-lite)?$/,
    units: plain,
    factor: '0.5',
    source: 'https://ai.google.dev/gemini-api/docs/pricing: flex is 50% of standard',
  },
  {
    provider: 'mistral',
    tier: 'batch',
    models: /./,
    units: plain,
    factor: '0.5',
    source: 'https://docs.mistral.ai/capabilities/batch: 50% discount',
  },
];

/** The rates of a price in a service tier; undefined when the provider has no published rule for it. */
export function ratesInTier(
  provider: string,
  model: string,
  tier: string,
  rates: ReadonlyMap<string, Rate>,
): ReadonlyMap<string, Rate> | undefined {
  const rule = rules.find((rule) => rule.provider === provider && rule.tier === tier && rule.models.test(model));
  if (!rule) return undefined;
  const factor = new Big(rule.factor);
  return new Map(
    rule.units.flatMap((unit) => {
      const rate = rates.get(unit);
      return rate ? [[unit, times(rate, factor)] as const] : [];
    }),
  );
}

const times = (rate: Rate, factor: Decimal): Rate => ({
  ...rate,
  base: rate.base.times(factor),
  tiers: rate.tiers.map(({ above, usd }) => ({ above, usd: usd?.times(factor) })),
});
