import type { Orm } from '../../src/database/orm.ts';
import { asOwner } from '../support/as-owner.ts';

/** In which tables any column of any row has a text, as the owner of the tables sees them. */
export async function findEverywhere(orm: Orm, text: string): Promise<string[]> {
  const tables = await asOwner<{ name: string }>(
    orm,
    `select relname as name from pg_class
     where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace order by 1`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await asOwner(orm, `select from "${name}" one where strpos(lower(one::text), lower(?)) > 0 limit 1`, [
      text,
    ]);
    if (rows.length > 0) found.push(name);
  }
  return found;
}
