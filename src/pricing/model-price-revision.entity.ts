import { defineEntity, p } from '@mikro-orm/postgresql';

/** One row, which counts the changes of all prices: who remembers prices can tell by it that they still hold. */
export const ModelPriceRevisionEntity = defineEntity({
  name: 'ModelPriceRevision',
  tableName: 'model_price_revision',
  properties: {
    id: p.smallint().primary().autoincrement(false),
    revision: p.bigint('number'),
  },
});
