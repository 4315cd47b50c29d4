import { builder } from '../graphql/builder.ts';

/** Where a cost comes from. */
export type CostSource = 'CALLER' | PriceSource | 'UNPRICED';
/** Kinds of price, the first that is found being the one that counts. */
export type PriceSource = 'TENANT_PRICE' | 'PLATFORM_PRICE' | 'CATALOGUE';

export const CostSourceRef = builder.enumType('CostSource', {
  description: 'Where the cost of a call comes from.',
  values: {
    CALLER: { description: 'The caller sent it.' },
    TENANT_PRICE: { description: "The tenant's own price." },
    PLATFORM_PRICE: { description: 'A price for all tenants.' },
    CATALOGUE: { description: 'The bundled public price catalogue.' },
    UNPRICED: { description: 'No price was found: the cost is null.' },
  } satisfies Record<CostSource, { description: string }>,
});
