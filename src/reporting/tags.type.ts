import { targetTenant } from '../caller/principal.ts';
import { builder } from '../graphql/builder.ts';
import { connectionType, pageArgs, pageSize, readPage, toConnection } from '../graphql/connection.ts';
import { listTagValues, listUsedTags, type UsedTag } from '../rollup/used-tags.repository.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { tagName } from '../values/tags.ts';

const TagNameRef = builder.objectRef<UsedTag>('TagName').implement({
  description: 'A name of tags that calls have.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name.' }),
    lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime', description: 'When the newest call with it was made.' }),
  }),
});

const TagNameConnection = connectionType('TagName', TagNameRef);

const ofTenant = 'Tenant of the calls; your own when left out. Superusers must name it.';

builder.queryField('tags', (t) =>
  t.field({
    type: TagNameConnection,
    description: 'Names of tags that calls have, for pickers, in order; of more than 1,000 the first that came.',
    args: { tenantId: t.arg.id({ description: ofTenant }), ...pageArgs() },
    authScopes: (_parent, args) => ({ readUsage: args.tenantId }),
    resolve: async (_parent, args, context) => {
      const page = readPage(args, 1);
      const { id } = await context.once(tenantLoader).load(targetTenant(context.principal, args.tenantId));
      const after = page.after?.[0];
      const names = await listUsedTags(context.em, id, { first: page.first + 1, after });
      return toConnection(names, page, ({ name }) => [name]);
    },
  }),
);

builder.queryField('tagValues', (t) =>
  t.field({
    type: ['String'],
    description:
      'Values of a tag that calls have, for pickers, in order; of more than 1,000 the first that came. Filters and groups know all of them.',
    args: {
      name: t.arg.string({ required: true, description: 'Name of the tag.' }),
      prefix: t.arg.string({ description: 'What the values begin with; anything when left out.' }),
      tenantId: t.arg.id({ description: ofTenant }),
      first: t.arg.int({ defaultValue: 50, description: 'How many values, 1 to 1,000.' }),
    },
    authScopes: (_parent, args) => ({ readUsage: args.tenantId }),
    resolve: async (_parent, args, context) => {
      const name = tagName(args.name, 'name');
      const first = pageSize(args.first, 50);
      const { id } = await context.once(tenantLoader).load(targetTenant(context.principal, args.tenantId));
      // No text of the database has a NUL, which the database would refuse.
      const prefix = (args.prefix ?? '').toWellFormed();
      return prefix.includes('\0') ? [] : listTagValues(context.em, id, { name, prefix, first });
    },
  }),
);
