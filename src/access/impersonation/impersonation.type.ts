import { builder } from '../../graphql/builder.ts';
import { NotFoundError } from '../../values/errors.ts';
import { tenantId } from '../../values/identifier.ts';
import type { RequestContext } from '../../caller/request-context.ts';
import { forkForPlatform } from '../../database/session.ts';
import { tenantLoader } from '../../tenancy/tenant.loader.ts';
import { TenantRef } from '../../tenancy/tenant.type.ts';
import type { Impersonation } from './impersonation.entity.ts';
import { findImpersonation } from './impersonation.repository.ts';
import {
  defaultImpersonationMinutes,
  maxImpersonationMinutes,
  maxImpersonationReasonLength,
  startImpersonation,
  stopImpersonation,
} from './impersonation.service.ts';
import { ViewerRef } from '../viewer.type.ts';

type ShownImpersonation = Pick<Impersonation, 'id' | 'tenantId' | 'reason' | 'expiresAt'> & { token: string | null };

const ImpersonationRef = builder.objectRef<ShownImpersonation>('Impersonation').implement({
  description:
    "A superuser's temporary access to everything that a tenant's admin can read. It cannot write, and every operation under it is an audit event.",
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id of the impersonation, the target of its audit events.' }),
    tenant: t.field({
      type: TenantRef,
      description: 'Tenant that is read.',
      resolve: (impersonation, _args, context) => context.once(tenantLoader).load(impersonation.tenantId),
    }),
    reason: t.exposeString('reason', { description: 'Reason that the superuser gave.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'End of the impersonation, unless it is stopped earlier.',
    }),
    token: t.exposeString('token', {
      nullable: true,
      description: 'The token, for the Authorization header. Shown only once, at the start; null afterwards.',
    }),
  }),
});

/** The impersonation that the caller acts under; null for none. */
async function currentImpersonation({ em, principal }: RequestContext): Promise<ShownImpersonation | null> {
  if (principal.kind !== 'impersonator') return null;
  const impersonation = await findImpersonation(em, principal.tenantId, principal.impersonationId);
  if (!impersonation) throw new NotFoundError('The impersonation is gone.');
  const { id, tenantId, reason, expiresAt } = impersonation;
  return { id, tenantId, reason, expiresAt, token: null };
}

builder.objectField(ViewerRef, 'impersonation', (t) =>
  t.field({
    type: ImpersonationRef,
    nullable: true,
    description: 'The impersonation that the caller acts under; null for none.',
    resolve: (_viewer, _args, context) => context.once(currentImpersonation),
  }),
);

builder.mutationField('startImpersonation', (t) =>
  t.field({
    type: ImpersonationRef,
    description:
      "Starts an impersonation: the token in the answer can read what the tenant's admin can read, and cannot write. For superusers. NOT_FOUND when the tenant does not exist.",
    args: {
      tenantId: t.arg.id({ required: true, description: 'Tenant to read.' }),
      reason: t.arg.string({
        required: true,
        description: `Reason, for the audit log: 1 to ${maxImpersonationReasonLength.toLocaleString('en')} characters.`,
      }),
      minutes: t.arg.int({
        defaultValue: defaultImpersonationMinutes,
        description: `Duration, 1 to ${maxImpersonationMinutes} minutes.`,
      }),
    },
    authScopes: { superuser: true },
    resolve: async (_parent, args, context) => {
      const tenant = await context.once(tenantLoader).load(tenantId(args.tenantId));
      const minutes = args.minutes ?? defaultImpersonationMinutes;
      const input = { tenantId: tenant.id, reason: args.reason, minutes };
      const { impersonation, token } = await startImpersonation(context.em, context.principal, input, context.now);
      return { ...impersonation, token };
    },
  }),
);

builder.mutationField('stopImpersonation', (t) =>
  t.boolean({
    description:
      "Ends the impersonation whose token is sent or, with a superuser's own credential, all that this superuser has started. True when one was running. The token stops working within five seconds.",
    authScopes: { superuser: true, impersonator: true },
    // As the platform, since an impersonator's own session is read-only.
    resolve: (_parent, _args, context) =>
      stopImpersonation(forkForPlatform(context.services), context.principal, context.now),
  }),
);
