import { defineEntity, p } from '@mikro-orm/postgresql';
import { ownRows } from '../database/row-level-security.ts';
import type { TenantId } from '../values/identifier.ts';

/** A name of tags that a tenant's folded calls have. */
export const TagNameEntity = defineEntity({
  name: 'TagName',
  tableName: 'tag_name',
  ...ownRows,
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    name: p.text().collation('C').primary(),
    /** When the newest call with it was made. */
    lastSeenAt: p.datetime(3),
  },
});

/** A value that a tag has in a tenant's folded calls. */
export const TagValueEntity = defineEntity({
  name: 'TagValue',
  tableName: 'tag_value',
  ...ownRows,
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    name: p.text().collation('C').primary(),
    value: p.text().collation('C').primary(),
  },
});
