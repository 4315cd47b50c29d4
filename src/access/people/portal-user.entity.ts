import { defineEntity, p, type InferEntity } from '@mikro-orm/postgresql';
import type { TenantId } from '../../values/identifier.ts';
import type { Role } from '../../caller/principal.ts';
import { ownRows } from '../../database/row-level-security.ts';

/** Somebody who signs in with the identity provider, stored at the first sign-in. */
export const PortalUserEntity = defineEntity({
  name: 'PortalUser',
  tableName: 'portal_user',
  ...ownRows,
  indexes: [{ name: 'portal_user_by_tenant', properties: ['tenantId', 'email', 'id'] }],
  properties: {
    id: p.text().collation('C').primary(),
    /** The issuer's id of the person: the token's `sub`. */
    subject: p.text().collation('C').unique('portal_user_subject_key'),
    /** Null for users with a role for all tenants, and for those without a membership. */
    tenantId: p.text().$type<TenantId>().collation('C').nullable(),
    /** Null without a membership. */
    role: p.text().$type<Role>().collation('C').nullable(),
    email: p.text().collation('C'),
    name: p.text().nullable(),
    createdAt: p.datetime(3).defaultRaw('now()'),
  },
});

export type PortalUser = InferEntity<typeof PortalUserEntity>;
