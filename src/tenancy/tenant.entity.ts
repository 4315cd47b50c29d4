import { defineEntity, p, type InferEntity } from '@mikro-orm/postgresql';
import type { TenantId } from '../values/identifier.ts';
import { ownRows } from '../database/row-level-security.ts';

export const TenantEntity = defineEntity({
  name: 'Tenant',
  tableName: 'tenant',
  ...ownRows,
  properties: {
    id: p.text().$type<TenantId>().fieldName('tenant_id').collation('C').primary(),
    name: p.text(),
    /** IANA name; local midnight of the tenant's reports and budgets. */
    timezone: p.text().default('UTC'),
    /** Rate limits of its own; null where those of the settings apply. */
    callsPerSecond: p.double().$type<number>().nullable(),
    requestsPerSecond: p.double().$type<number>().nullable(),
    /** Names of tags that are taken away from the calls of a user who is erased. */
    personalTags: p.array().default([]),
    /** Days that its calls stay in the ledger; null where the setting applies. */
    retentionDays: p.integer().nullable(),
    createdAt: p.datetime(3).defaultRaw('now()'),
  },
});

export type Tenant = InferEntity<typeof TenantEntity>;
