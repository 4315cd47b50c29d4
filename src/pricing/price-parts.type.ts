import { Big } from 'big.js';
import { builder } from '../graphql/builder.ts';
import type { Decimal } from '../values/money.ts';
import type { PriceTier } from './model-price.entity.ts';

const decimal = (text: string | null): Decimal | null => (text === null ? null : new Big(text));

export const PriceTierRef = builder.objectRef<PriceTier>('PriceTier').implement({
  description: 'Rates in USD per million tokens for calls with more input tokens, for the whole call.',
  fields: (t) => ({
    aboveInputTokens: t.expose('aboveInputTokens', {
      type: 'SafeInt',
      description: 'The tier applies to calls with more input tokens than this.',
    }),
    inputUsdPerMillion: t.field({
      type: 'Decimal',
      description: 'Rate for input tokens.',
      resolve: ({ inputUsdPerMillion }) => new Big(inputUsdPerMillion),
    }),
    outputUsdPerMillion: t.field({
      type: 'Decimal',
      description: 'Rate for output tokens, reasoning tokens included.',
      resolve: ({ outputUsdPerMillion }) => new Big(outputUsdPerMillion),
    }),
    cachedInputUsdPerMillion: t.field({
      type: 'Decimal',
      nullable: true,
      description: "Rate for input tokens read from a cache; null when the tier's input rate applies.",
      resolve: ({ cachedInputUsdPerMillion }) => decimal(cachedInputUsdPerMillion),
    }),
    cacheWriteUsdPerMillion: t.field({
      type: 'Decimal',
      nullable: true,
      description: "Rate for input tokens written to a cache; null when the tier's input rate applies.",
      resolve: ({ cacheWriteUsdPerMillion }) => decimal(cacheWriteUsdPerMillion),
    }),
    cacheWrite1hUsdPerMillion: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'Rate for input tokens that a cache keeps for an hour; null when they have no price.',
      resolve: ({ cacheWrite1hUsdPerMillion }) => decimal(cacheWrite1hUsdPerMillion),
    }),
  }),
});

export const PriceTierInput = builder.inputType('PriceTierInput', {
  description: 'Rates in USD per million tokens for calls with more input tokens, for the whole call.',
  fields: (t) => ({
    aboveInputTokens: t.field({
      type: 'SafeInt',
      required: true,
      description: 'The tier applies to calls with more input tokens than this.',
    }),
    inputUsdPerMillion: t.field({ type: 'Decimal', required: true, description: 'Rate for input tokens.' }),
    outputUsdPerMillion: t.field({
      type: 'Decimal',
      required: true,
      description: 'Rate for output tokens, reasoning tokens included.',
    }),
    cachedInputUsdPerMillion: t.field({
      type: 'Decimal',
      description: "Rate for input tokens read from a cache; the tier's input rate when left out.",
    }),
    cacheWriteUsdPerMillion: t.field({
      type: 'Decimal',
      description: "Rate for input tokens written to a cache; the tier's input rate when left out.",
    }),
    cacheWrite1hUsdPerMillion: t.field({
      type: 'Decimal',
      description: 'Rate for input tokens that a cache keeps for an hour; without it they have no price.',
    }),
  }),
});

export const UnitPriceRef = builder.objectRef<{ unit: string; usdPerUnit: Decimal }>('UnitPrice').implement({
  description: 'The price of a unit, such as a web search, a second of audio or an audio token.',
  fields: (t) => ({
    unit: t.exposeString('unit', { description: 'Name of the unit, as calls have it.' }),
    usdPerUnit: t.expose('usdPerUnit', { type: 'Decimal', description: 'USD for one of it.' }),
  }),
});

export const UnitPriceInput = builder.inputType('UnitPriceInput', {
  description: 'The price of a unit.',
  fields: (t) => ({
    unit: t.string({
      required: true,
      description: 'Name of the unit as calls have it, such as "web_searches" or "input_audio_tokens".',
    }),
    usdPerUnit: t.field({ type: 'Decimal', required: true, description: 'USD for one of it; at most 18 decimals.' }),
  }),
});
