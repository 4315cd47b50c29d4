import type { ConditionalPrice, ModelPrice } from '@pydantic/genai-prices';
import type { Correction } from './correction.ts';

const since = (start_date: string, prices: ModelPrice): ConditionalPrice => ({
  constraint: { type: 'start_date', start_date },
  prices,
});

const mistralPrices = 'https://mistral.ai/pricing/api';
const mistralModels = 'https://docs.mistral.ai/getting-started/models';

/** Mistral names models by month and moves its aliases, which the catalogue follows in part. */
export const mistralCorrections: readonly Correction[] = [
  {
    provider: 'mistral',
    model: 'mistral-medium-2604',
    was: undefined,
    is: { input_mtok: 1.5, cache_read_mtok: 0.15, output_mtok: 7.5 },
    source: mistralPrices,
  },
  {
    provider: 'mistral',
    model: 'ministral-3b-latest',
    was: undefined,
    is: [
      { prices: { input_mtok: 0.04, output_mtok: 0.04 } },
      since('2025-12-02', { input_mtok: 0.1, cache_read_mtok: 0.01, output_mtok: 0.1 }),
    ],
    source: mistralModels,
  },
  {
    provider: 'mistral',
    model: 'ministral-3b-2410',
    was: undefined,
    is: { input_mtok: 0.04, output_mtok: 0.04 },
    source: mistralModels,
  },
  {
    provider: 'mistral',
    model: 'ministral-14b-latest',
    was: undefined,
    is: { input_mtok: 0.2, cache_read_mtok: 0.02, output_mtok: 0.2 },
    source: mistralModels,
  },
  {
    provider: 'mistral',
    model: 'mistral-large-latest',
    was: { input_mtok: 2, output_mtok: 6 },
    is: [
      { prices: { input_mtok: 2, output_mtok: 6 } },
      since('2025-12-02', { input_mtok: 0.5, cache_read_mtok: 0.05, output_mtok: 1.5 }),
    ],
    source: `${mistralModels}: the alias moved to Mistral Large 3 (25.12)`,
  },
  {
    provider: 'mistral',
    model: 'mistral-small-latest',
    was: { input_mtok: 0.1, output_mtok: 0.3 },
    is: [
      { prices: { input_mtok: 0.1, output_mtok: 0.3 } },
      // The alias moved in between, on a day that is not published.
      since('2026-03-01', {}),
      since('2026-04-01', { input_mtok: 0.15, cache_read_mtok: 0.015, output_mtok: 0.6 }),
    ],
    source: `${mistralModels}: the alias moved to Mistral Small 4 (26.03)`,
  },
  {
    provider: 'mistral',
    model: 'mistral-small-2506',
    alsoNamed: ['mistral-small-2503', 'mistral-small-2501'],
    was: undefined,
    is: { input_mtok: 0.1, output_mtok: 0.3 },
    source: mistralModels,
  },
  {
    provider: 'mistral',
    model: 'mistral-embed-2312',
    was: undefined,
    is: { input_mtok: 0.1 },
    source: mistralModels,
  },
  {
    provider: 'mistral',
    model: 'open-mistral-nemo-2407',
    was: undefined,
    is: { input_mtok: 0.15, output_mtok: 0.15 },
    source: mistralModels,
  },
  {
    provider: 'mistral',
    model: 'pixtral-12b-2409',
    was: undefined,
    is: { input_mtok: 0.15, output_mtok: 0.15 },
    source: mistralModels,
  },
];
