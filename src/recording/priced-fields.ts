import type { Call } from './call.entity.ts';
import { kinds, type ListedField } from './field-kinds.ts';

/** Fields of a call that the gateway adds when it looks for a price, a part of the list in `call-fields.ts`. */
export const pricedFields = {
  costSource: {
    kind: kinds.costSource,
    output: { description: 'Where the cost comes from.' },
  },
  priceId: {
    kind: kinds.identifier,
    leftOut: null,
    output: {
      description:
        'Price that the cost was computed from: the id of a model price, or a catalogue entry with its version. Null when the cost was not computed.',
    },
  },
  inputCostUsd: { kind: kinds.usd, leftOut: null },
  cachedInputCostUsd: { kind: kinds.usd, leftOut: null },
  cacheWriteCostUsd: { kind: kinds.usd, leftOut: null },
  outputCostUsd: { kind: kinds.usd, leftOut: null },
  unitsCostUsd: { kind: kinds.usd, leftOut: null },
  cacheSavingsUsd: { kind: kinds.usd, leftOut: null },
  unpricedReason: {
    kind: kinds.freeText,
    leftOut: null,
    output: {
      description:
        'What was missing when no price was found, such as a rate for a class of tokens; null where there is a cost.',
    },
  },
} as const satisfies { [Field in keyof Call]?: ListedField<Call[Field]> };
