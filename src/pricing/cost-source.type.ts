import { builder } from '../graphql/builder.ts';

/** Where a cost comes from. */
export type CostSource = 'CALLER' | PriceSource | 'UNPRICED';
/** Kinds of price. The first one found applies. */
export type PriceSource = 'TENANT_PRICE' | 'PLATFORM_PRICE' | 'CATALOGUE';

export const CostSourceRef = builder.enumType('CostSource', {
  description: 'Source of the cost of a call.',
  values: {
    CALLER: { description: 'Sent by the caller.' },
    TENANT_PRICE: { description: "The tenant's own price." },
    PLATFORM_PRICE: { description: 'A price for all tenants.' },
    CATALOGUE: { description: 'The bundled public price catalogue.' },
    UNPRICED: { description: 'There was no price; the cost is null.' },
  } satisfies Record<CostSource, { description: string }>,
});
