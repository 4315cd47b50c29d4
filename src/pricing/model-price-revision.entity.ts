import { defineEntity, p } from '@mikro-orm/postgresql';

/** One row that counts changes of prices, so that cached prices can be checked against it. */
export const ModelPriceRevisionEntity = defineEntity({
  name: 'ModelPriceRevision',
  tableName: 'model_price_revision',
  properties: {
    id: p.smallint().primary().autoincrement(false),
    revision: p.bigint('number'),
    /** The price list that holds; null for the bundled one. */
    catalogueVersion: p.text().collation('C').nullable(),
  },
});
