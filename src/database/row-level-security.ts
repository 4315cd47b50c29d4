import type { PolicyDef } from '@mikro-orm/core';
import { platformRole, tenantRole, tenantSetting } from './database-role.ts';

const ownTenant = `tenant_id = nullif(current_setting('${tenantSetting}', true), '')`;

const policies = (seen: string): PolicyDef[] => [
  { name: 'own_tenant', roles: [tenantRole], using: seen, check: ownTenant },
  { name: 'whole_platform', roles: [platformRole], using: 'true', check: 'true' },
];

/** Options of an entity with a tenant: a session of a tenant sees and writes that tenant's rows alone. */
export const ownRows = { rowLevelSecurity: 'force', policies: policies(ownTenant) } as const;

/** The same where rows without a tenant hold in all of them: they are seen, not written. */
export const ownAndPlatformRows = {
  rowLevelSecurity: 'force',
  policies: policies(`tenant_id is null or ${ownTenant}`),
} as const;
