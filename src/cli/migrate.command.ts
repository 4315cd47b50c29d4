import { Command } from 'commander';
import { loadConfig } from '../settings/config.ts';
import { openDatabase } from '../open-database.ts';

export const migrateCommand = (): Command =>
  new Command('migrate').description('apply the pending migrations and exit').action(async () => {
    const { applied, close } = await openDatabase(loadConfig(process.env));
    await close();
    process.stdout.write(applied.length > 0 ? `Applied ${applied.join(', ')}\n` : 'Nothing to apply\n');
  });
