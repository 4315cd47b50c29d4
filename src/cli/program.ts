import { Command } from 'commander';
import { ConfigError } from '../platform/config.ts';
import { FolderLockedError } from '../platform/embedded/folder-lock.ts';
import { GatewayError, OperatorError } from '../platform/errors.ts';
import { demoCommand } from './demo.command.ts';
import { importCommand } from './import.command.ts';
import { keysCommand } from './keys.command.ts';
import { migrateCommand } from './migrate.command.ts';
import { printSchemaCommand } from './print-schema.command.ts';
import { serveCommand } from './serve.command.ts';

const program = new Command('usage-gateway')
  .description('Records AI usage and answers what was used, when, how fast and at what cost.')
  .addCommand(serveCommand())
  .addCommand(migrateCommand())
  .addCommand(keysCommand())
  .addCommand(importCommand())
  .addCommand(demoCommand())
  .addCommand(printSchemaCommand());

function inspectError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) + causeOf(error) : String(error);
}

const causeOf = ({ cause }: Error): string => (cause === undefined ? '' : `\ncaused by ${inspectError(cause)}`);

/** Runs the command that the arguments name; a failure is told on standard error and ends the process with 1. */
export async function run(): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    const expected = [ConfigError, FolderLockedError, GatewayError, OperatorError].some(
      (kind) => error instanceof kind,
    );
    process.stderr.write(`${expected && error instanceof Error ? error.message : inspectError(error)}\n`);
    // Whatever still listens or waits must not keep a failed process.
    process.exit(1);
  }
}
