import { createHash } from 'node:crypto';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { audited } from '../../audit/audited.ts';
import type { Principal } from '../../caller/principal.ts';
import { advanceModelPriceRevision } from '../model-price.repository.ts';
import { catalogueId } from './current-catalogue.ts';
import { parseProviders } from './parse-providers.ts';
import { replaceCatalogue } from './price-catalogue.repository.ts';

/** What became of the catalogue. */
export interface CatalogueUpdate {
  /** What price ids begin with from now on; undefined for the bundled list. */
  id: string | undefined;
  providers: number;
  models: number;
}

/**
 * Takes a price list of the form of @pydantic/genai-prices in place of the bundled one, for every gateway and from the next
 * call on. Recorded calls keep their cost.
 * @throws {OperatorError} naming what is wrong with the list; nothing changes then.
 */
export async function updateCatalogue(
  em: SqlEntityManager,
  principal: Principal,
  list: unknown,
  now: Date,
): Promise<CatalogueUpdate> {
  const providers = parseProviders(list);
  const version = `sha256-${createHash('sha256').update(JSON.stringify(providers)).digest('hex').slice(0, 12)}`;
  const models = providers.reduce((sum, provider) => sum + provider.models.length, 0);
  const update = { id: catalogueId(version), providers: providers.length, models };
  return audited(em, principal, now, async (em) => {
    await advanceModelPriceRevision(em);
    await replaceCatalogue(em, { version, providers }, now);
    return {
      result: update,
      act: { action: 'prices.updated', tenantId: null, target: update.id, details: { ...update } },
    };
  });
}

/** Goes back to the list that the gateway comes with. */
export async function resetCatalogue(em: SqlEntityManager, principal: Principal, now: Date): Promise<void> {
  await audited(em, principal, now, async (em) => {
    await advanceModelPriceRevision(em);
    await replaceCatalogue(em, undefined, now);
    return { result: undefined, act: { action: 'prices.reset', tenantId: null, target: 'bundled', details: {} } };
  });
}
