import { defineEntity, p, type InferEntity } from '@mikro-orm/postgresql';
import type { TenantId } from '../../values/identifier.ts';
import type { Role } from '../../caller/principal.ts';
import { ownRows } from '../../database/row-level-security.ts';

/** A membership that waits for the first sign-in with an e-mail address. */
export const InvitationEntity = defineEntity({
  name: 'Invitation',
  tableName: 'invitation',
  ...ownRows,
  indexes: [
    { name: 'invitation_by_email', properties: ['email', 'createdAt', 'id'] },
    { name: 'invitation_by_tenant', properties: ['tenantId', 'createdAt', 'id'] },
  ],
  properties: {
    id: p.text().collation('C').primary(),
    /** Null when a superuser is invited. */
    tenantId: p.text().$type<TenantId>().collation('C').nullable(),
    role: p.text().$type<Role>().collation('C'),
    /** In lower case. */
    email: p.text().collation('C'),
    /** Audit actor. */
    invitedBy: p.text().collation('C'),
    createdAt: p.datetime(3),
    expiresAt: p.datetime(3),
    acceptedAt: p.datetime(3).nullable(),
    revokedAt: p.datetime(3).nullable(),
  },
});

export type Invitation = InferEntity<typeof InvitationEntity>;
