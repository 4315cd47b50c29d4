import { AuditEventEntity } from './audit/audit-event.entity.ts';
import { ApiKeyEntity } from './access/api-keys/api-key.entity.ts';
import { ImpersonationEntity } from './access/impersonation/impersonation.entity.ts';
import { AgentEntity } from './tenancy/agent.entity.ts';
import { InvitationEntity } from './access/people/invitation.entity.ts';
import { PortalUserEntity } from './access/people/portal-user.entity.ts';
import { TenantEntity } from './tenancy/tenant.entity.ts';
import { ModelPriceEntity } from './pricing/model-price.entity.ts';
import { ModelPriceRevisionEntity } from './pricing/model-price-revision.entity.ts';
import { PriceCatalogueEntity } from './pricing/price-catalogue.entity.ts';
import { BudgetCounterEntity, BudgetEntity, BudgetEventEntity } from './limits/budget.entity.ts';
import { BudgetHoldEntity, ReservationEntity } from './limits/reservation.entity.ts';
import { CallEntity } from './recording/call.entity.ts';
import { RepriceChangeEntity, RepriceJobEntity } from './repricing/reprice-job.entity.ts';
import { AdjustmentEntity, ClosedMonthEntity } from './recording/closed-month.entity.ts';
import { CostRevisionEntity } from './recording/cost-revision.entity.ts';
import { ClockSpanEntity } from './rollup/clock-span.entity.ts';
import { KeptSpanEntity } from './rollup/kept-span.entity.ts';
import { RollupMarkEntity } from './rollup/rollup-mark.entity.ts';
import { summaryEntities } from './rollup/summary.entity.ts';
import { TagNameEntity, TagValueEntity } from './rollup/used-tag.entity.ts';
import { UnfoldedEntity } from './rollup/unfolded.entity.ts';
import { StatementAdjustmentEntity, StatementLineEntity, StatementZoneEntity } from './statements/statement.entity.ts';
import { NotificationChannelEntity } from './outbox/notification-channel.entity.ts';
import { NotificationDeliveryEntity } from './outbox/notification-delivery.entity.ts';
import { SpanLinkEntity } from './ingest/traces/span-link.entity.ts';

/** Every table that the ORM maps. */
export const entities = [
  TenantEntity,
  AgentEntity,
  ApiKeyEntity,
  PortalUserEntity,
  InvitationEntity,
  ImpersonationEntity,
  AuditEventEntity,
  ModelPriceEntity,
  ModelPriceRevisionEntity,
  PriceCatalogueEntity,
  BudgetEntity,
  BudgetCounterEntity,
  BudgetEventEntity,
  ReservationEntity,
  BudgetHoldEntity,
  CallEntity,
  CostRevisionEntity,
  ClosedMonthEntity,
  AdjustmentEntity,
  RepriceJobEntity,
  RepriceChangeEntity,
  ...summaryEntities,
  ClockSpanEntity,
  KeptSpanEntity,
  RollupMarkEntity,
  UnfoldedEntity,
  TagNameEntity,
  TagValueEntity,
  StatementLineEntity,
  StatementAdjustmentEntity,
  StatementZoneEntity,
  SpanLinkEntity,
  NotificationChannelEntity,
  NotificationDeliveryEntity,
];
