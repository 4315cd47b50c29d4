import { defineEntity, p, type InferEntity } from '@mikro-orm/postgresql';
import type { AgentId, TenantId } from '../values/identifier.ts';
import { DecimalType } from '../database/decimal.type.ts';
import { ownRows } from '../database/row-level-security.ts';

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
