import type { Orm } from '../../src/database/orm.ts';

/** Runs a statement as whoever the gateway connects as, who owns the tables, and returns its rows. */
export const asOwner = <Row extends object>(orm: Orm, statement: string, parameters: unknown[] = []): Promise<Row[]> =>
  orm.em.fork().transactional(async (em) => {
    await em.execute('set local role none');
    return em.execute<Row[]>(statement, parameters);
  });
