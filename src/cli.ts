#!/usr/bin/env node
import { Command } from 'commander';
import { ConfigError } from './platform/config.ts';
import { FolderLockedError } from './platform/embedded/folder-lock.ts';
import { GatewayError, OperatorError } from './platform/errors.ts';
import { demoCommand } from './cli/demo.command.ts';
import { importCommand } from './cli/import.command.ts';
import { keysCommand } from './cli/keys.command.ts';
import { migrateCommand } from './cli/migrate.command.ts';
import { printSchemaCommand } from './cli/print-schema.command.ts';
import { serveCommand } from './cli/serve.command.ts';

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

try {
  await program.parseAsync();
} catch (error) {
  const expected = [ConfigError, FolderLockedError, GatewayError, OperatorError].some((kind) => error instanceof kind);
  process.stderr.write(`${expected && error instanceof Error ? error.message : inspectError(error)}\n`);
  // Whatever still listens or waits must not keep a failed process.
  process.exit(1);
}
