import type { Grain } from './summary.entity.ts';

/** A table of summaries: what its rows tell apart besides tenant and time, and for which lengths of time. */
export interface Level {
  table: 'tenant_summary' | 'detail_summary' | 'agent_summary' | 'model_summary';
  /** From the finest, which is made from calls; each other one is made from the one before. */
  grains: readonly [Grain, ...Grain[]];
  /** Columns of the key, each with what it is of a call. */
  dimensions: Readonly<Record<string, string>>;
  /** Summaries of another table that those of the finest grain add up to, where reading calls would be a waste. */
  partsOf?: { table: Level['table']; grain: Grain };
}

const agent = { agent_id: `coalesce(agent_id, '')` };
const model = { provider: 'provider', model: 'model' };
const channel = { channel_id: `coalesce(channel_id, 'unknown')` };

/** All calls of a tenant. */
export const tenantLevel: Level = { table: 'tenant_summary', grains: ['HOUR', 'DAY', 'MONTH'], dimensions: {} };

/** The calls of a tenant by agent ('' for none), provider, model and channel. Hours of it would be as many as the calls. */
export const detailLevel: Level = {
  table: 'detail_summary',
  grains: ['DAY', 'MONTH'],
  dimensions: { ...agent, ...model, ...channel },
};

const detailMonths = { table: 'detail_summary', grain: 'MONTH' } as const;

/** The calls of a tenant by agent alone: a thirtieth of the details of a month, and of days not worth its room. */
export const agentLevel: Level = {
  table: 'agent_summary',
  grains: ['MONTH'],
  dimensions: agent,
  partsOf: detailMonths,
};

/** The calls of a tenant by provider and model alone. */
export const modelLevel: Level = {
  table: 'model_summary',
  grains: ['MONTH'],
  dimensions: model,
  partsOf: detailMonths,
};

/** In the order in which they are renewed. */
export const levels = [tenantLevel, detailLevel, agentLevel, modelLevel] as const;
