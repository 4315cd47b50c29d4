import { defineEntity, p } from '@mikro-orm/postgresql';
import { ownRows } from '../database/row-level-security.ts';
import type { TenantId } from '../values/identifier.ts';
import type { OptionalLevel } from './levels.ts';

/** The anchor of a tenant: recording looks for it, and whoever changes the tenant's summaries has it locked. */
export const RollupMarkEntity = defineEntity({
  name: 'RollupMark',
  tableName: 'rollup_mark',
  ...ownRows,
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    /** Optional levels of summaries that the tenant has: those whose rows sum up enough of its calls. */
    levels: p.array().$type<OptionalLevel[]>().default([]),
    /** Name of the tenant's clock when it was last weighed, which its local days and months are of. */
    clock: p.text().nullable(),
    /** Calls that were folded, and how many they were when its levels were last weighed; either may be a little off. */
    foldedCalls: p.bigint().defaultRaw('0'),
    weighedCalls: p.bigint().defaultRaw('0'),
    /** Changes of the ledger that the summaries hold: batches, voids and repricings. */
    foldedChanges: p.bigint().defaultRaw('0'),
    /** Calls from before it are neither recorded nor changed any more; null for none. */
    acceptsFrom: p.datetime(3).nullable(),
    /** Calls from before it are in summaries alone, whether or not they are still being deleted; null where none left. */
    completeFrom: p.datetime(3).nullable(),
    /** Changes with the tenant's budgets and closed months, so that recording counts by those that there are; empty while it never had any. */
    budgetRevision: p.text().collation('C').default(''),
  },
});
