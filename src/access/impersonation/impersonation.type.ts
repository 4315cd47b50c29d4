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
    "A superuser reading what a tenant's admin reads, for a while. It writes nothing, and every operation done under it is an audit event.",
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id of the impersonation; audit events name it as their target.' }),
    tenant: t.field({
      type: TenantRef,
      description: 'Tenant that is read.',
      resolve: (impersonation, _args, context) => context.once(tenantLoader).load(impersonation.tenantId),
    }),
    reason: t.exposeString('reason', { description: 'Why, for people.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When it ends, unless it is stopped before.' }),
    token: t.exposeString('token', {
      nullable: true,
      description: 'The token, for the Authorization header. Shown once, at the start; null afterwards.',
    }),
  }),
});

/** What the caller acts under; null when it acts for itself. */
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
    description: 'The impersonation that the caller, a superuser, acts under; null when there is none.',
    resolve: (_viewer, _args, context) => context.once(currentImpersonation),
  }),
);

builder.mutationField('startImpersonation', (t) =>
  t.field({
    type: ImpersonationRef,
    description:
      "Gives a superuser a token that reads what the tenant's admin reads, and writes nothing. NOT_FOUND when there is no such tenant.",
    args: {
      tenantId: t.arg.id({ required: true, description: 'Tenant to read.' }),
      reason: t.arg.string({
        required: true,
        description: `Why, for people: 1 to ${maxImpersonationReasonLength.toLocaleString('en')} characters.`,
      }),
      minutes: t.arg.int({
        defaultValue: defaultImpersonationMinutes,
        description: `How long, 1 to ${maxImpersonationMinutes} minutes.`,
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
      'Ends the impersonation whose token is sent, or, with the credential of a superuser, all that this superuser has started. True when one was running. Its token opens nothing after five seconds at most.',
    authScopes: { superuser: true, impersonator: true },
    // As the platform: an impersonator's own session can only read.
    resolve: (_parent, _args, context) =>
      stopImpersonation(forkForPlatform(context.services), context.principal, context.now),
  }),
);
