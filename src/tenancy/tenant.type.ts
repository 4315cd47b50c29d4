import { builder } from '../graphql/builder.ts';
import { connectionType, pageArgs, readPage, toConnection } from '../graphql/connection.ts';
import { tenantId } from '../values/identifier.ts';
import { ownRateLimit, targetTenant } from '../caller/principal.ts';
import { readable } from '../values/unreadable.ts';
import { agentPageLoader } from './agent.loader.ts';
import { AgentConnection } from './agent.type.ts';
import { RateLimitInput, RateLimitRef } from './rate-limit.type.ts';
import type { Tenant } from './tenant.entity.ts';
import { retentionInWords } from './retention-days.ts';
import { completeFromLoader, tenantLoader } from './tenant.loader.ts';
import { listTenants } from './tenant.repository.ts';
import { createTenant, deleteTenant, updateTenant } from './tenant.service.ts';

export const TenantRef = builder.objectRef<Tenant>('Tenant').implement({
  description: 'A customer. The usage of each tenant is isolated from every other.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id of the tenant, unique in the gateway.' }),
    name: t.exposeString('name', { description: 'Display name.' }),
    timezone: t.expose('timezone', {
      type: 'TimeZone',
      description: "Time zone in which the tenant's days begin: the default for reports, and the one for budgets.",
    }),
    rateLimit: t.field({
      type: RateLimitRef,
      nullable: true,
      description:
        'What all its keys and users together may send to one gateway; null where the settings of the gateway apply.',
      resolve: (tenant) => ownRateLimit(tenant),
    }),
    personalTags: t.exposeStringList('personalTags', {
      description: 'Names of tags that tell of a person: erasing a user takes them away from its calls.',
    }),
    retentionDays: t.int({
      nullable: true,
      description:
        'Days that its calls stay in the ledger before they leave it by whole months of UTC; null where the setting of the gateway applies.',
      resolve: ({ retentionDays }) => retentionDays ?? null,
    }),
    completeFrom: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'Instant from which all its calls are in the ledger. Those from before it have left, and only summaries of them stay; null where none have.',
      resolve: (tenant, _args, context) => context.once(completeFromLoader).load(tenant.id),
    }),
    agents: t.field({
      type: AgentConnection,
      description: 'Registered agents, ordered by id.',
      authScopes: (tenant) => ({ readUsage: tenant.id }),
      args: pageArgs({ showDefault: false }),
      resolve: async (tenant, args, context) => {
        const page = readPage(args, 1);
        const agents = await context.once(agentPageLoader).load({ tenantId: tenant.id, page });
        return toConnection(agents, page, (agent) => [agent.id]);
      },
    }),
  }),
});

builder.queryField('tenant', (t) =>
  t.field({
    type: TenantRef,
    description: 'One tenant: your own, or for superusers and platform viewers any. NOT_FOUND when it does not exist.',
    args: { id: t.arg.id({ required: true, description: 'Id of the tenant.' }) },
    authScopes: (_parent, args) => ({ readUsage: args.id }),
    resolve: (_parent, args, context) =>
      context.once(tenantLoader).load(targetTenant(context.principal, tenantId(args.id, 'id'), 'id')),
  }),
);

const TenantConnection = connectionType('Tenant', TenantRef);

builder.queryField('tenants', (t) =>
  t.field({
    type: TenantConnection,
    description: 'All tenants, ordered by id. For superusers and platform viewers.',
    args: pageArgs(),
    authScopes: { readPlatform: true },
    resolve: async (_parent, args, context) => {
      const page = readPage(args, 1);
      return toConnection(await listTenants(context.em, page), page, (tenant) => [tenant.id]);
    },
  }),
);

const CreateTenantInput = builder.inputType('CreateTenantInput', {
  description: 'A new tenant.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Id of the tenant: 1 to 200 characters, unique in the gateway.' }),
    name: t.string({ required: true, description: 'Display name, 1 to 200 characters.' }),
    timezone: t.field({
      type: 'TimeZone',
      defaultValue: 'UTC',
      description: "Time zone in which the tenant's days begin.",
    }),
  }),
});

builder.mutationField('createTenant', (t) =>
  t.field({
    type: TenantRef,
    description: 'Creates a tenant. For superusers. VALIDATION_ERROR on `id` when the id is taken.',
    args: { input: t.arg({ type: CreateTenantInput, required: true, description: 'The tenant.' }) },
    authScopes: { superuser: true },
    resolve: async (_parent, { input }, context) => {
      const id = tenantId(input.id, 'id');
      const timezone = readable(input.timezone, 'timezone') ?? 'UTC';
      context.once(tenantLoader).clear(id);
      return createTenant(context.em, context.principal, { id, name: input.name, timezone }, context.now);
    },
  }),
);

const UpdateTenantInput = builder.inputType('UpdateTenantInput', {
  description: 'Changes to a tenant. Fields that are left out or null stay as they are, unless they say otherwise.',
  fields: (t) => ({
    name: t.string({ description: 'Display name, 1 to 200 characters.' }),
    timezone: t.field({
      type: 'TimeZone',
      description:
        "Time zone in which the tenant's days begin. It applies to the past as well, but for budgets and statements, whose running period ends by the clock that it began with.",
    }),
    rateLimit: t.field({
      type: RateLimitInput,
      description:
        'What all its keys and users together may send to one gateway. A number that is left out stays as it is. It applies within five seconds.',
    }),
    personalTags: t.stringList({
      description:
        'Names of tags that tell of a person, up to 100, instead of those that were marked before: erasing a user takes them away from its calls.',
    }),
    retentionDays: t.int({
      description: `Days that its calls stay in the ledger, ${retentionInWords}; null takes it back to the setting of the gateway. What has left does not come back.`,
    }),
  }),
});

builder.mutationField('updateTenant', (t) =>
  t.field({
    type: TenantRef,
    description: 'Changes a tenant. For superusers. NOT_FOUND on `id` when it does not exist.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of the tenant.' }),
      input: t.arg({ type: UpdateTenantInput, required: true, description: 'The changes.' }),
    },
    authScopes: { superuser: true },
    resolve: async (_parent, args, context) => {
      const id = tenantId(args.id, 'id');
      const change = {
        name: args.input.name ?? undefined,
        timezone: readable(args.input.timezone, 'timezone'),
        rateLimit: args.input.rateLimit ?? {},
        personalTags: args.input.personalTags ?? undefined,
        retentionDays: args.input.retentionDays,
      };
      context.once(tenantLoader).clear(id);
      return updateTenant(context.em, context.principal, id, change, context.services.tenantBudgets, context.now);
    },
  }),
);

builder.mutationField('deleteTenant', (t) =>
  t.boolean({
    description:
      'Deletes a tenant with its agents, keys, invitations, prices and summaries. Its users lose their membership; its audit events stay. For superusers. VALIDATION_ERROR on `id` while the tenant has calls, voided ones included, or closed statements of some.',
    args: { id: t.arg.id({ required: true, description: 'Id of the tenant.' }) },
    authScopes: { superuser: true },
    resolve: async (_parent, args, context) => {
      const id = tenantId(args.id, 'id');
      context.once(tenantLoader).clear(id);
      await deleteTenant(context.em, context.principal, id, context.services.tenantDeletion, context.now);
      return true;
    },
  }),
);
