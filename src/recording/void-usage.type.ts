import { builder } from '../graphql/builder.ts';
import { targetTenant } from '../caller/principal.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { maxVoidReasonLength } from './call.entity.ts';
import { UsageEventRef } from './usage-event.type.ts';
import { voidCall } from './voiding.service.ts';

builder.mutationField('voidUsage', (t) =>
  t.field({
    type: UsageEventRef,
    description:
      'Takes a call out of every aggregate. The ledger keeps it, with the reason, and its requestId stays taken. Voiding it again changes nothing. NOT_FOUND when the tenant has no such call.',
    args: {
      requestId: t.arg.string({ required: true, description: 'Idempotency key of the call.' }),
      reason: t.arg.string({
        required: true,
        description: `Reason, for people to read: 1 to ${maxVoidReasonLength.toLocaleString('en')} characters.`,
      }),
      tenantId: t.arg.id({ description: 'Tenant of the call; your own when left out. Superusers must name it.' }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: async (_parent, { requestId, reason, tenantId }, context) => {
      const tenant = await context.once(tenantLoader).load(targetTenant(context.principal, tenantId));
      return voidCall(context.em, context.principal, { tenantId: tenant.id, requestId, reason }, context.now);
    },
  }),
);
