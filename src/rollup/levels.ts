import type { Grain } from './summary.entity.ts';

/** A table of summaries: what its rows tell apart besides tenant and time, and for which lengths of time. */
export interface Level {
  table: 'tenant_summary' | 'detail_summary';
  /** From the finest, which is made from calls; each other one is made from the one before. */
  grains: readonly [Grain, ...Grain[]];
  /** Columns of the key, each with what it is of a call. */
  dimensions: Readonly<Record<string, string>>;
}

/** All calls of a tenant. */
export const tenantLevel: Level = { table: 'tenant_summary', grains: ['HOUR', 'DAY', 'MONTH'], dimensions: {} };

/** The calls of a tenant by agent ('' for none), provider, model and channel. Hours of it would be as many as the calls. */
export const detailLevel: Level = {
  table: 'detail_summary',
  grains: ['DAY', 'MONTH'],
  dimensions: {
    agent_id: `coalesce(agent_id, '')`,
    provider: 'provider',
    model: 'model',
    channel_id: `coalesce(channel_id, 'unknown')`,
  },
};

export const levels = [tenantLevel, detailLevel] as const;
