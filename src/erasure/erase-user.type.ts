import { targetTenant } from '../caller/principal.ts';
import { forkForPlatform } from '../database/session.ts';
import { builder } from '../graphql/builder.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { eraseUser, previewErasure, type Erasure } from './erase-user.service.ts';

const ErasureRef = builder.objectRef<Erasure>('Erasure').implement({
  description: 'What erasing a user did, or would do.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When it was asked for.' }),
    calls: t.expose('calls', { type: 'SafeInt', description: 'Number of calls of the user, voided ones included.' }),
    dryRun: t.exposeBoolean('dryRun', { description: 'Whether nothing was changed.' }),
  }),
});

builder.mutationField('eraseUser', (t) =>
  t.field({
    type: ErasureRef,
    description:
      'Erases a user: the id, the tags that are marked personal and the metadata of its calls, and a portal user and invitations that are the same person. Every sum of every report stays what it was; keys of erased calls stay taken. It cannot be undone, and goes on after a TIMEOUT: its audit event `user.erase` tells that it is done. Calls that are recorded for the user afterwards are new ones.',
    args: {
      userId: t.arg.string({ required: true, description: 'The user, as calls name it.' }),
      reason: t.arg.string({ required: true, description: 'Why, for people to read: 1 to 1,000 characters.' }),
      dryRun: t.arg.boolean({
        required: true,
        defaultValue: true,
        description: 'Whether to count the calls, and change nothing.',
      }),
      tenantId: t.arg.id({ description: 'Tenant of the user; your own when left out. Superusers must name it.' }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: async (_parent, { userId, reason, dryRun, ...args }, context) => {
      const { id: tenantId } = await context.once(tenantLoader).load(targetTenant(context.principal, args.tenantId));
      if (dryRun) return previewErasure(context.em, { tenantId, userId }, context.now);
      // The platform alone may ask the owner's functions; every statement names the tenant.
      const em = forkForPlatform(context.services);
      const asked = { tenantId, userId, reason };
      return eraseUser(em, context.principal, asked, context.services.erasureOfPeople, context.now);
    },
  }),
);
