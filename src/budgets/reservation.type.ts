import { subjectOf, targetTenant } from '../caller/principal.ts';
import type { RequestContext } from '../caller/request-context.ts';
import { builder } from '../graphql/builder.ts';
import { PriceBook } from '../pricing/price-book.ts';
import { readTokens } from '../pricing/token-counts.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { ValidationError } from '../values/errors.ts';
import { identifier, type TenantId } from '../values/identifier.ts';
import { amountProblem, type Decimal } from '../values/money.ts';
import { readTags } from '../values/tags.ts';
import { readable, type Unreadable } from '../values/unreadable.ts';
import { BudgetStateRef } from './budget.type.ts';
import { release, reserve, type PlannedCall, type ReservationStatus, type Reserved } from './reservation.service.ts';

const ReservationStatusRef = builder.enumType('ReservationStatus', {
  description: 'What became of a reservation.',
  values: {
    HELD: { description: 'Its room is held until the call is recorded, the reservation is released or it expires.' },
    SETTLED: { description: 'Its call was recorded, and counts with what it came to.' },
    RELEASED: { description: 'It was given back.' },
    EXPIRED: { description: 'Neither happened in time, and its room was given back.' },
  } satisfies Record<ReservationStatus, { description: string }>,
});

const ReservationRef = builder.objectRef<Reserved>('Reservation').implement({
  description: 'Room in budgets for a call that is about to be made.',
  fields: (t) => ({
    id: t.exposeID('id', {
      description: 'Its id: give it to `recordUsage` with the call, or to `releaseReservation`.',
    }),
    status: t.expose('status', { type: ReservationStatusRef, description: 'What became of it.' }),
    heldUsd: t.expose('heldUsd', {
      type: 'Decimal',
      nullable: true,
      description: 'The cost that was estimated; null where it is not known.',
    }),
    heldTokens: t.expose('heldTokens', {
      type: 'SafeInt',
      nullable: true,
      description: 'Input and output tokens together that were estimated; null where they were not given.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When it gives back by itself what it holds.' }),
    budgets: t.expose('budgets', {
      type: [BudgetStateRef],
      description: 'How the budgets stand that the call belongs to, or the value of each that it has.',
    }),
  }),
});

const ReserveUsageInput = builder.inputType('ReserveUsageInput', {
  description: 'A call that is about to be made, with an estimate of its tokens or its cost.',
  fields: (t) => ({
    reservationId: t.id({
      description: 'Idempotency key, 1 to 200 characters; made by the gateway when left out.',
    }),
    agentId: t.id({ description: 'Agent that will make the call.' }),
    provider: t.string({ description: 'Provider of the model; "unknown" when left out.' }),
    model: t.string({ description: 'Model that will be called; "unknown" when left out.' }),
    userId: t.string({ description: 'User that the call will be made for.' }),
    tags: t.field({ type: 'Tags', description: 'Tags that the call will have.' }),
    serviceTier: t.string({ description: 'Service tier, as the provider names it; "standard" when left out.' }),
    inputTokens: t.field({ type: 'SafeInt', description: 'Input tokens, priced like those of a call.' }),
    maxOutputTokens: t.field({ type: 'SafeInt', description: 'The most output tokens that there will be.' }),
    costUsd: t.field({ type: 'Decimal', description: 'The cost in USD, in place of one that tokens are priced at.' }),
    ttlSeconds: t.int({
      defaultValue: 60,
      description: 'After how many seconds it gives back by itself what it holds: 1 to 3,600.',
    }),
    tenantId: t.id({ description: 'Tenant of the call; your own when left out. Superusers must name it.' }),
  }),
});

interface Given {
  agentId?: string | null | undefined;
  userId?: string | null | undefined;
  provider?: string | null | undefined;
  model?: string | null | undefined;
  serviceTier?: string | null | undefined;
  tags?: Record<string, unknown> | null | undefined;
  inputTokens?: number | null | undefined;
  maxOutputTokens?: number | null | undefined;
  costUsd?: Decimal | Unreadable | null | undefined;
}

const named = (given: string | null | undefined, field: string): string | null =>
  given === null || given === undefined ? null : identifier(given, field);

/** The call as budgets look at it, with its cost. @throws {ValidationError} naming the field. */
async function plannedCall(context: RequestContext, tenantId: TenantId, given: Given): Promise<PlannedCall> {
  const costUsd = readable(given.costUsd, 'costUsd') ?? null;
  const problem = costUsd && amountProblem(costUsd);
  if (problem) throw new ValidationError(`'costUsd' ${problem}`, 'costUsd');
  const { inputTokens = null, maxOutputTokens = null } = given;
  const isEstimated = inputTokens !== null || maxOutputTokens !== null;
  const counts = readTokens({ inputTokens: inputTokens ?? 0, outputTokens: maxOutputTokens ?? 0 });
  const scoped = {
    tenantId,
    agentId: named(given.agentId, 'agentId'),
    userId: named(given.userId, 'userId'),
    recordedBy: subjectOf(context.principal),
    tags: given.tags ? readTags(given.tags, 'tags') : null,
    tokens: isEstimated ? counts.inputTokens + counts.outputTokens : null,
  };
  const billable = {
    ...counts,
    tenantId,
    provider: named(given.provider, 'provider') ?? 'unknown',
    model: named(given.model, 'model') ?? 'unknown',
    serviceTier: named(given.serviceTier, 'serviceTier') ?? undefined,
    occurredAt: context.now,
  };
  if (costUsd || !isEstimated) return { ...scoped, costUsd, unpricedReason: null };
  const { costs } = await new PriceBook().priceAll(context.em, [billable]);
  return { ...scoped, costUsd: costs[0]?.costUsd ?? null, unpricedReason: costs[0]?.unpricedReason ?? null };
}

const longestSeconds = 3600;

builder.mutationField('reserveUsage', (t) =>
  t.field({
    type: ReservationRef,
    description:
      'Asks for room in budgets before a call is made, and holds it in all budgets that BLOCK and that the call belongs to, or in none: BUDGET_EXCEEDED names the budget, its value, what remains and when it resets. An id that was sent before answers what became of it, for a day after it expired.',
    args: { input: t.arg({ type: ReserveUsageInput, required: true, description: 'The call.' }) },
    authScopes: { recordUsage: true },
    resolve: async (_parent, { input }, context) => {
      const tenant = await context.once(tenantLoader).load(targetTenant(context.principal, input.tenantId));
      const ttlSeconds = input.ttlSeconds ?? 60;
      if (ttlSeconds < 1 || ttlSeconds > longestSeconds)
        throw new ValidationError(`'ttlSeconds' must be from 1 to ${longestSeconds}`, 'ttlSeconds');
      const id = named(input.reservationId, 'reservationId') ?? undefined;
      const call = await plannedCall(context, tenant.id, input);
      return reserve(context.em, call, { id, ttlSeconds }, context.now);
    },
  }),
);

builder.mutationField('releaseReservation', (t) =>
  t.boolean({
    description:
      'Gives back what a reservation holds. False when its call was recorded or it has expired. NOT_FOUND on `id` when the tenant has no such reservation.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of the reservation.' }),
      tenantId: t.arg.id({
        description: 'Tenant of the reservation; your own when left out. Superusers must name it.',
      }),
    },
    authScopes: { recordUsage: true },
    resolve: (_parent, { id, tenantId }, context) =>
      release(context.em, targetTenant(context.principal, tenantId), identifier(id, 'id'), context.now),
  }),
);
