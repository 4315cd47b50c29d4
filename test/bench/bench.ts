import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { startPostgresServer } from '../support/postgres-server.ts';
import { benchImport } from './import.ts';
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

await program.parseAsync();
