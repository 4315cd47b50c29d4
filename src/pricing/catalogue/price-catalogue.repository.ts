import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../../database/session.ts';

/** A price list that an operator brought. */
export interface StoredCatalogue {
  version: string;
  providers: unknown;
}

/** The version of the list that holds; null for the bundled one. */
export async function catalogueVersion(em: SqlEntityManager): Promise<string | null> {
  const { rows } = await sql<{ catalogue_version: string | null }>`
    select catalogue_version from model_price_revision`.execute(inSession(em));
  return rows[0]?.catalogue_version ?? null;
}

export async function findCatalogue(em: SqlEntityManager): Promise<StoredCatalogue | undefined> {
  const { rows } = await sql<StoredCatalogue>`select version, providers from price_catalogue`.execute(inSession(em));
  return rows[0];
}

/** Puts a list in the place of the one before, or none. Its version takes effect with the revision of prices. */
export async function replaceCatalogue(
  em: SqlEntityManager,
  catalogue: StoredCatalogue | undefined,
  now: Date,
): Promise<void> {
  await sql`delete from price_catalogue`.execute(inSession(em));
  if (catalogue)
    await sql`
      insert into price_catalogue (id, version, providers, updated_at)
      values (1, ${catalogue.version}, ${JSON.stringify(catalogue.providers)}::jsonb, ${now.toISOString()})`.execute(
      inSession(em),
    );
  await sql`
    update model_price_revision set catalogue_version = ${catalogue?.version ?? null}`.execute(inSession(em));
}
