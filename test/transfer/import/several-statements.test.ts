import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { importFile, statementsOnServer } from '../../../src/transfer/import/import-file.ts';
import { openDatabase, type Database } from '../../../src/open-database.ts';
import { createTestDatabase, describeOnEachDatabase, type TestDatabase } from '../../support/databases.ts';

describeOnEachDatabase('an import in several statements at a time', (kind) => {
  let folder: string;
  let given: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'import-'));
    given = await createTestDatabase(kind);
    database = await openDatabase(given.config);
  }, 60_000);
  afterAll(async () => {
    await database?.close();
    await given?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  const statements = kind === 'postgres' ? statementsOnServer : 1;
  const lines = 13_000;
  const call = (number: number, outputTokens = 1) =>
    JSON.stringify({ requestId: `r-${number}`, occurredAt: '2026-01-01T00:00:00Z', inputTokens: number, outputTokens });

  it('answers each record as one at a time would, and lists the rejected ones in the order of the file', async () => {
    const all = Array.from({ length: lines }, (_, number) => call(number));
    // With the keys of calls that are about to be stored: the same, and others; and what is no call at all.
    all.splice(4100, 0, call(20), call(4050, 7), '{}');
    all.splice(9000, 0, call(8000, 7), call(8999));
    const file = join(folder, `calls-${kind}.ndjson`);
    await writeFile(file, all.join('\n'));
    const options = { file, tenant: 'acme' };

    const result = await importFile(database.orm, options, { statements });
    expect(result).toMatchObject({ recorded: lines, duplicates: 2, rejected: 3, interrupted: false });
    const rejects = (await readFile(`${file}.rejected.ndjson`, 'utf8')).trimEnd().split('\n');
    expect(rejects.map((line): unknown => JSON.parse(line).line)).toEqual([4102, 4103, 9001]);

    const em = database.orm.em.fork();
    const [stored] = await em.execute(
      `select count(*)::int as calls, sum(input_tokens)::int as input, sum(output_tokens)::int as output,
         count(distinct batch_id)::int as batches from usage_call where tenant_id = 'acme'`,
    );
    expect(stored).toMatchObject({ calls: lines, input: (lines * (lines - 1)) / 2, output: lines });
    const waiting = await em.execute(`select sum(calls)::int as calls, count(*)::int as batches from unfolded`);
    expect(waiting).toEqual([{ calls: lines, batches: stored?.batches }]);

    const again = await importFile(database.orm, options, { statements });
    expect(again).toMatchObject({ recorded: 0, duplicates: lines + 2, rejected: 3 });
  });

  it('goes on where it was stopped', async () => {
    const file = join(folder, `stopped-${kind}.ndjson`);
    await writeFile(file, Array.from({ length: lines }, (_, number) => call(number)).join('\n'));
    const options = { file, tenant: 'stopped' };
    const stop = new AbortController();
    const progress = { update: () => stop.abort(), stop() {} };
    const stopped = await importFile(database.orm, options, { statements, progress, signal: stop.signal });
    expect(stopped.interrupted).toBe(true);
    expect(stopped.recorded).toBeLessThan(lines);
    const rest = await importFile(database.orm, options, { statements });
    expect(rest).toMatchObject({
      recorded: lines - stopped.recorded,
      duplicates: stopped.recorded,
      interrupted: false,
    });
  });
});
