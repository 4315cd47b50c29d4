import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { OperatorError } from '../../values/errors.ts';
import { bundledCatalogue } from './bundled-catalogue.ts';
import { Catalogue } from './catalogue.ts';
import { parseProviders } from './parse-providers.ts';
import { findCatalogue, type StoredCatalogue } from './price-catalogue.repository.ts';

/** The last list that was read, by its version: gateways of one process have few. */
let latest: { version: string; catalogue: Catalogue } | undefined;

/** What price ids of a list begin with. */
export const catalogueId = (version: string) => `genai-prices@${version}`;

/** The catalogue of a version: the bundled one for null, else the list in the database. */
export async function catalogueOf(em: SqlEntityManager, version: string | null): Promise<Catalogue> {
  if (version === null) return bundledCatalogue;
  if (latest?.version === version) return latest.catalogue;
  const stored = await findCatalogue(em);
  // Another list came meanwhile, which the revision of prices tells whoever stores a cost.
  if (!stored) return bundledCatalogue;
  const catalogue = readCatalogue(stored);
  latest = { version: stored.version, catalogue };
  return catalogue;
}

/** A list that this release cannot read, since another one stored it, must not keep calls from being recorded. */
function readCatalogue({ version, providers }: StoredCatalogue): Catalogue {
  try {
    return new Catalogue({ id: catalogueId(version), providers: parseProviders(providers) });
  } catch (error) {
    if (error instanceof OperatorError) return bundledCatalogue;
    throw error;
  }
}
