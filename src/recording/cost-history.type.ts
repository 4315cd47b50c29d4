import { builder } from '../graphql/builder.ts';
import { batchLoader } from '../graphql/loader.ts';
import type { RequestContext } from '../caller/request-context.ts';
import { CostSourceRef } from '../pricing/cost-source.type.ts';
import type { CallKey } from './call.repository.ts';
import type { CostRevision } from './cost-revision.entity.ts';
import { findCostRevisions } from './version.repository.ts';

export const CostRevisionRef = builder.objectRef<CostRevision>('CostRevision').implement({
  description: 'What a call cost until an instant.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'Until when it cost that.' }),
    costUsd: t.expose('costUsd', {
      type: 'Decimal',
      nullable: true,
      description: 'Cost in USD; null without a price.',
    }),
    costSource: t.expose('costSource', { type: CostSourceRef, description: 'Where the cost came from.' }),
    reason: t.exposeString('reason', { description: 'Why the cost changed.' }),
  }),
});

const keyOf = ({ tenantId, requestId }: CallKey) => JSON.stringify([tenantId, requestId]);

/** What calls cost before, all of a request in one statement. */
export const costHistoryLoader = ({ em }: RequestContext) =>
  batchLoader<CallKey, CostRevision[]>(async (keys) => {
    const byCall = Map.groupBy(await findCostRevisions(em, keys), keyOf);
    return keys.map((key) => byCall.get(keyOf(key)) ?? []);
  }, keyOf);
