import { defineEntity, p } from '@mikro-orm/postgresql';

/** One row at most: a price list that an operator brought, in place of the bundled one. */
export const PriceCatalogueEntity = defineEntity({
  name: 'PriceCatalogue',
  tableName: 'price_catalogue',
  properties: {
    id: p.smallint().primary().autoincrement(false),
    version: p.text().collation('C'),
    providers: p.json(),
    updatedAt: p.datetime(3),
  },
});
