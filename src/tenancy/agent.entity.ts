import { defineEntity, p, type InferEntity } from '@mikro-orm/postgresql';
import type { AgentId, TenantId } from '../platform/identifier.ts';
import { DecimalType } from '../platform/decimal.type.ts';
import { ownRows } from '../platform/row-level-security.ts';

export const AgentEntity = defineEntity({
  name: 'Agent',
  tableName: 'agent',
  ...ownRows,
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    id: p.text().$type<AgentId>().fieldName('agent_id').collation('C').primary(),
    name: p.text().collation('C'),
    /** Monthly budget in USD. */
    budgetLimitUsd: p.type(DecimalType).nullable(),
    createdAt: p.datetime(3).defaultRaw('now()'),
  },
});

export type Agent = InferEntity<typeof AgentEntity>;
