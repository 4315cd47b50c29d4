import { builder } from '../graphql/builder.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { TenantRef } from '../tenancy/tenant.type.ts';
import { modelPriceLoader } from '../pricing/model-price.loader.ts';
import { ModelPriceRef } from '../pricing/model-price.type.ts';
import { CostSourceRef } from '../pricing/cost-source.type.ts';
import { CostRevisionRef, costHistoryLoader } from './cost-history.type.ts';
import { shownUser } from '../values/erased.ts';
import { isErased } from './erased-call.ts';
import type { Call, CallStatus } from './call.entity.ts';
import { fieldNamed, isNullable, shownFields, type FieldName } from './field-groups.ts';

export const CallStatusRef = builder.enumType('CallStatus', {
  description: 'How a call ended.',
  values: {
    SUCCESS: { description: 'The call was answered.' },
    FAILED: { description: 'The call failed. It still counts, with its tokens and cost.' },
  } satisfies Record<CallStatus, { description: string }>,
});

/** The GraphQL type of a field, named by its kind. */
export function typeOf(field: FieldName) {
  const { graphqlType } = fieldNamed[field].kind;
  if (graphqlType === 'CallStatus') return CallStatusRef;
  return graphqlType === 'CostSource' ? CostSourceRef : graphqlType;
}

export const UsageEventRef = builder.objectRef<Call>('UsageEvent').implement({
  description: 'A recorded call, as it stands in the ledger.',
  fields: (t) => ({
    ...Object.fromEntries(
      shownFields.map((field) => {
        const options = { ...fieldNamed[field].output, type: typeOf(field) };
        if (field === 'userId')
          return [field, t.field({ ...options, nullable: true, resolve: ({ userId }) => shownUser(userId) })];
        const { none } = fieldNamed[field].output ?? {};
        if (none !== undefined) return [field, t.field({ ...options, resolve: (call) => call[field] ?? none })];
        const shown = isNullable(field)
          ? t.field({ ...options, nullable: true, resolve: (call) => call[field] })
          : t.field({ ...options, resolve: (call) => call[field] });
        return [field, shown];
      }),
    ),
    userErased: t.boolean({
      description:
        'Whether its user was erased, with the metadata and the personal tags: the sums that it counts in stay, and its requestId stays taken.',
      resolve: isErased,
    }),
    tenant: t.field({
      type: TenantRef,
      description: 'Tenant of the call.',
      resolve: (call, _args, context) => context.once(tenantLoader).load(call.tenantId),
    }),
    costHistory: t.field({
      type: [CostRevisionRef],
      description: 'What the call cost before, the latest change first; empty for most calls.',
      resolve: (call, _args, context) => context.once(costHistoryLoader).load(call),
    }),
    price: t.field({
      type: ModelPriceRef,
      nullable: true,
      description:
        "The tenant's or the platform's price that the cost was computed from; null for costs of callers and of the catalogue.",
      resolve: ({ tenantId, costSource, priceId }, _args, context) =>
        priceId && (costSource === 'TENANT_PRICE' || costSource === 'PLATFORM_PRICE')
          ? context.once(modelPriceLoader).load({ tenantId, id: priceId })
          : null,
    }),
    totalTokens: t.field({
      type: 'SafeInt',
      description: 'Input and output tokens.',
      resolve: (call) => call.inputTokens + call.outputTokens,
    }),
  }),
});
