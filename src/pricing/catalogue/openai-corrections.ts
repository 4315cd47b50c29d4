import type { Correction } from './correction.ts';

const openaiPrices = 'https://platform.openai.com/docs/pricing';
const openWeights = 'https://platform.openai.com/docs/pricing does not list it; the rate is that of another provider';

/** Models that the catalogue does not have, or has at the price of another provider, model or time. */
export const openaiCorrections: readonly Correction[] = [
  {
    provider: 'openai',
    model: 'o3',
    alsoNamed: ['o3-2025-04-16'],
    was: [
      {
        prices: {
          input_mtok: 10,
          cache_read_mtok: 0.5,
          output_mtok: 40,
          web_searches_kcount: 10,
          storage_searches_kcount: 2.5,
        },
      },
      {
        constraint: { type: 'start_date', start_date: '2025-06-10' },
        prices: {
          input_mtok: 2,
          cache_read_mtok: 0.5,
          output_mtok: 8,
          web_searches_kcount: 10,
          storage_searches_kcount: 2.5,
        },
      },
    ],
    is: [
      {
        prices: {
          input_mtok: 10,
          cache_read_mtok: 2.5,
          output_mtok: 40,
          web_searches_kcount: 10,
          storage_searches_kcount: 2.5,
        },
      },
      {
        constraint: { type: 'start_date', start_date: '2025-06-10' },
        prices: {
          input_mtok: 2,
          cache_read_mtok: 0.5,
          output_mtok: 8,
          web_searches_kcount: 10,
          storage_searches_kcount: 2.5,
        },
      },
    ],
    source: `${openaiPrices}: cached input was a quarter of the input before the cut, too`,
  },
  {
    provider: 'openai',
    model: 'davinci-002',
    was: undefined,
    is: { input_mtok: 2, output_mtok: 2 },
    source: openaiPrices,
  },
  {
    provider: 'openai',
    model: 'babbage-002',
    was: undefined,
    is: { input_mtok: 0.4, output_mtok: 0.4 },
    source: openaiPrices,
  },
  {
    provider: 'openai',
    model: 'ft:gpt-4-0613:acme::1',
    startsWith: 'ft:gpt-4-0',
    was: { input_mtok: 30, output_mtok: 60 },
    is: null,
    source: 'https://platform.openai.com/docs/pricing: fine-tuned models have prices of their own',
  },
  {
    provider: 'openai',
    model: 'gpt-oss-120b',
    was: { input_mtok: 0.039, output_mtok: 0.18 },
    is: null,
    source: openWeights,
  },
  {
    provider: 'openai',
    model: 'gpt-oss-20b',
    was: { input_mtok: 0.029, output_mtok: 0.14 },
    is: null,
    source: openWeights,
  },
  {
    provider: 'openai',
    model: 'gpt-oss-safeguard-20b',
    was: { input_mtok: 0.075, cache_read_mtok: 0.037, output_mtok: 0.3 },
    is: null,
    source: openWeights,
  },
];
