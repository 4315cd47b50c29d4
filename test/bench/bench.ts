import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { startKillablePostgres, startPostgresServer } from '../support/postgres-server.ts';
import { runOnServer, withDatabase } from '../support/server-sql.ts';
import { benchAccess } from './access.ts';
import { benchBudgets, type BudgetOptions } from './budgets.ts';
import { benchImport } from './import.ts';
import { benchNeighbours, type NeighbourOptions } from './neighbours.ts';
import { setLikeAnOperator } from './operator-settings.ts';
import { benchOverload, type OverloadOptions } from './overload.ts';
import { benchRecord, type RecordOptions } from './record.ts';
import { benchReport, type ReportOptions } from './report.ts';
import { benchStart } from './start.ts';

/** Runs a measurement in a folder of its own and prints its table and JSON. */
async function measure(run: (folder: string) => Promise<Record<string, unknown>[]>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'usage-gateway-bench-'));
  try {
    const rows = await run(folder);
    console.table(rows);
    console.log(JSON.stringify(rows));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const database = () =>
  new Option('--database <kind>', 'which database').choices(['embedded', 'postgres']).default('embedded');

const program = new Command('bench').description('Measurements; quote the ratios, as machines differ');

program
  .command('neighbours')
  .description("a quiet tenant's p99 beside floods of another one, against alone; PostgreSQL")
  .option('--seconds <seconds>', 'length of each measurement', Number, 15)
  .option('--calls <count>', 'calls of the tenant whose reports flood', Number, 200_000)
  .option('--url <url>', 'an empty database of a server to use instead of a new one')
  .action(({ url, ...options }: NeighbourOptions & { url?: string }) =>
    measure(async (folder) => {
      if (url !== undefined) return benchNeighbours(url, options);
      const server = await startPostgresServer(folder);
      try {
        return await benchNeighbours(server.url, options);
      } finally {
        await server.stop();
      }
    }),
  );

program
  .command('overload')
  .description('several times the calls that a gateway can store, from clients that wait for no answer')
  .option('--seconds <seconds>', 'length of the overload', Number, 20)
  .option('--times <factor>', 'how many times what it can store', Number, 3)
  .addOption(database())
  .action(({ database, ...options }: OverloadOptions & { database: string }) =>
    measure(async (folder) => {
      if (database === 'embedded') return benchOverload({ DATA_DIR: join(folder, 'data') }, options);
      const server = await startKillablePostgres('like-an-operators');
      try {
        await setLikeAnOperator(server);
        return await benchOverload({ DATABASE_URL: server.url }, options);
      } finally {
        await server.stop();
      }
    }),
  );

program
  .command('budgets')
  .description('recording for a tenant with budgets against one without, and reservations of one budget; PostgreSQL')
  .option('--seconds <seconds>', 'length of each of the five rounds', Number, 5)
  .action((options: BudgetOptions) =>
    measure(async () => {
      const server = await startKillablePostgres('like-an-operators');
      try {
        return await benchBudgets(server.url, options);
      } finally {
        await server.stop();
      }
    }),
  );

program
  .command('start')
  .description('first and later starts, against starting node alone')
  .action(() => measure(benchStart));

program
  .command('import')
  .description('importing a CSV file, against storing the same calls without a file')
  .option('--lines <count>', 'length of the file', Number, 1_000_000)
  .addOption(database())
  .action(({ lines, database }: { lines: number; database: string }) =>
    measure(async (folder) => {
      if (database === 'embedded') return benchImport(folder, lines, undefined);
      const server = await startPostgresServer(folder);
      try {
        return await benchImport(folder, lines, server.url);
      } finally {
        await server.stop();
      }
    }),
  );

const counts = (text: string) => text.split(',').map(Number);

program
  .command('record')
  .description('recording over HTTP: single calls against storing nothing, batches against plain SQL')
  .option('--seconds <seconds>', 'length of each of the five rounds', Number, 5)
  .option('--fill <counts>', 'calls stored before, like 0,1000000,10000000; PostgreSQL only', counts, [0])
  .option('--minutes <minutes>', 'length of the long run', Number, 0)
  .option('--url <url>', 'an empty database of a server to use instead of a new one')
  .addOption(new Option('--database <kind>', 'which database; both when left out').choices(['embedded', 'postgres']))
  .action(({ database, url, ...options }: RecordOptions & { database?: string; url?: string }) =>
    measure(async (folder) => {
      const onEmbedded = database === 'postgres' ? [] : await benchRecord(folder, undefined, options);
      const onServer = database === 'embedded' ? [] : await recordOnServer(folder, url, options);
      return [
        ...onEmbedded.map((row) => ({ database: 'embedded', ...row })),
        ...onServer.map((row) => ({ database: 'postgres', ...row })),
      ];
    }),
  );

async function recordOnServer(folder: string, url: string | undefined, options: RecordOptions) {
  if (url) return benchRecord(folder, url, options);
  const server = await startKillablePostgres('like-an-operators');
  try {
    return await benchRecord(folder, server.url, options);
  } finally {
    await server.stop();
  }
}

program
  .command('report')
  .description(
    'reports over HTTP against plain SQL and PostGraphile over the same ledger of 200 tenants, and their growth',
  )
  .option('--calls <counts>', 'sizes of the ledger, one after another', counts, [1_000_000, 10_000_000])
  .option('--rounds <count>', 'how often each report is queried', Number, 7)
  .option('--skip-postgraphile', 'leave PostGraphile out')
  .option('--url <url>', 'an empty database of a server to use instead of a new one')
  .action(({ url, skipPostgraphile, ...options }: ReportOptions & { url?: string; skipPostgraphile?: boolean }) =>
    measure(async () => {
      const asked = { ...options, postgraphile: !skipPostgraphile };
      if (url) return benchReport(url, asked);
      const server = await startKillablePostgres('like-an-operators');
      try {
        await setLikeAnOperator(server);
        return await benchReport(server.url, asked);
      } finally {
        await server.stop();
      }
    }),
  );

program
  .command('access')
  .description("a small report of a tenant with the tenant's own session in the database, against none")
  .addOption(database())
  .action(({ database }: { database: string }) =>
    measure(async (folder) => {
      if (database === 'embedded') return benchAccess(folder, undefined);
      const server = await startKillablePostgres('like-an-operators');
      try {
        await runOnServer(server.url, 'create database without_sessions', 'create database with_sessions');
        const urlOf = (name: string) => withDatabase(server.url, name);
        return await benchAccess(folder, [urlOf('without_sessions'), urlOf('with_sessions')]);
      } finally {
        await server.stop();
      }
    }),
  );

await program.parseAsync();
