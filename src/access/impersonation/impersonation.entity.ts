import { defineEntity, p, type InferEntity } from '@mikro-orm/postgresql';
import type { TenantId } from '../../values/identifier.ts';
import { ownRows } from '../../database/row-level-security.ts';

/** A superuser's temporary read access as a tenant's admin. */
export const ImpersonationEntity = defineEntity({
  name: 'Impersonation',
  tableName: 'impersonation',
  ...ownRows,
  indexes: [{ name: 'impersonation_by_superuser', properties: ['superuser', 'expiresAt'] }],
  properties: {
    id: p.text().collation('C').primary(),
    tenantId: p.text().$type<TenantId>().collation('C'),
    /** Audit actor of the superuser. */
    superuser: p.text().collation('C'),
    reason: p.text(),
    /** SHA-256 of the token as it is sent. */
    tokenHash: p.blob(),
    startedAt: p.datetime(3),
    expiresAt: p.datetime(3),
    stoppedAt: p.datetime(3).nullable(),
  },
});

export type Impersonation = InferEntity<typeof ImpersonationEntity>;
