import type { PolicyDef } from '@mikro-orm/core';
import { platformRole, tenantRole, tenantSetting } from './database-role.ts';

const ownTenant = `tenant_id = nullif(current_setting('${tenantSetting}', true), '')`;

const policies = (seen: string): PolicyDef[] => [
  { name: 'own_tenant', roles: [tenantRole], using: seen, check: ownTenant },
  { name: 'whole_platform', roles: [platformRole], using: 'true', check: 'true' },
];

/** Options of an entity with a tenant: a tenant's session sees and writes only that tenant's rows. */
export const ownRows = { rowLevelSecurity: 'force', policies: policies(ownTenant) } as const;

/** The same for entities whose rows without a tenant apply to all: a tenant's session sees but never writes them. */
export const ownAndPlatformRows = {
  rowLevelSecurity: 'force',
  policies: policies(`tenant_id is null or ${ownTenant}`),
} as const;
