import type { Cost } from '../pricing/price-book.ts';
import { unlessZero } from './added-fields.ts';

/** What a computed cost says in the fields of a call. */
export const pricedFieldsOf = ({ costParts, cacheSavingsUsd, ...cost }: Cost) => ({
  ...cost,
  inputCostUsd: unlessZero(costParts?.inputUsd),
  cachedInputCostUsd: unlessZero(costParts?.cachedInputUsd),
  cacheWriteCostUsd: unlessZero(costParts?.cacheWriteUsd),
  outputCostUsd: unlessZero(costParts?.outputUsd),
  unitsCostUsd: unlessZero(costParts?.unitsUsd),
  cacheSavingsUsd: unlessZero(cacheSavingsUsd),
});

export type PricedFields = ReturnType<typeof pricedFieldsOf>;
