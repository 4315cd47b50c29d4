import { listAuditEvents, type AuditPlace } from '../audit/audit.repository.ts';
import { AuditEventConnection } from '../audit/audit-event.type.ts';
import { builder } from '../graphql/builder.ts';
import { cursorTime, pageArgs, readPage, toConnection, type Page, type PageArgs } from '../graphql/connection.ts';
import { isLeftOut, targetTenant } from '../caller/principal.ts';
import { tenantLoader } from './tenant.loader.ts';

// Here rather than in the room of audit, which knows no tenants.
builder.queryField('auditEvents', (t) =>
  t.field({
    type: AuditEventConnection,
    description: 'What was done in a tenant, newest first. For its admins and superusers.',
    args: {
      tenantId: t.arg.id({
        description: 'The tenant, for superusers a deleted one too; otherwise your own, and for superusers everything.',
      }),
      ...pageArgs(),
    },
    authScopes: (_parent, args) => ({ readAdministration: args.tenantId }),
    resolve: async (_parent, args, context) => {
      const page = readAuditPage(args);
      const everywhere = context.scopes.superuser && isLeftOut(args.tenantId);
      const tenant = everywhere ? undefined : targetTenant(context.principal, args.tenantId);
      const events = await listAuditEvents(context.em, tenant, page);
      // A tenant that was deleted has rows still; one that never was is not found.
      if (tenant !== undefined && events.length === 0 && !page.after) await context.once(tenantLoader).load(tenant);
      return toConnection(events, page, ({ at, id }) => [at.toISOString(), id]);
    },
  }),
);

function readAuditPage(args: PageArgs): Page<AuditPlace> {
  const { first, after } = readPage(args, 2);
  if (!after) return { first, after: undefined };
  const [time = '', id = ''] = after;
  return { first, after: { at: cursorTime(time), id } };
}
