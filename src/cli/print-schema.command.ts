import { Command } from 'commander';
import { printedSchema } from '../print-schema.ts';

export const printSchemaCommand = (): Command =>
  new Command('print-schema').description('print the GraphQL schema as SDL').action(() => {
    process.stdout.write(printedSchema());
  });
