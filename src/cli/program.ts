import { Command } from 'commander';
import { ConfigError } from '../settings/config.ts';
import { FolderLockedError } from '../database/embedded/folder-lock.ts';
import { GatewayError, OperatorError } from '../values/errors.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { asTyped, linesAsTyped } from './as-typed.ts';

/** Each is loaded on demand, so that a command does not wait for the libraries of the others. */
const commands: Record<string, () => Promise<Command>> = {
  serve: async () => (await import('./serve.command.ts')).serveCommand(),
  migrate: async () => (await import('./migrate.command.ts')).migrateCommand(),
  tenants: async () => (await import('./tenants.command.ts')).tenantsCommand(),
  keys: async () => (await import('./keys.command.ts')).keysCommand(),
  prices: async () => (await import('./prices.command.ts')).pricesCommand(),
  import: async () => (await import('./import.command.ts')).importCommand(),
  export: async () => (await import('./export.command.ts')).exportCommand(),
  reconcile: async () => (await import('./reconcile.command.ts')).reconcileCommand(),
  'reconcile-invoice': async () => (await import('./reconcile-invoice.command.ts')).reconcileInvoiceCommand(),
  rebuild: async () => (await import('./rebuild.command.ts')).rebuildCommand(),
  retain: async () => (await import('./retain.command.ts')).retainCommand(),
  'erase-user': async () => (await import('./erase-user.command.ts')).eraseUserCommand(),
  demo: async () => (await import('./demo.command.ts')).demoCommand(),
  'print-schema': async () => (await import('./print-schema.command.ts')).printSchemaCommand(),
};

async function createProgram(asked: string | undefined): Promise<Command> {
  const program = new Command('usage-gateway')
    .description('Records AI usage and reports what was used, when, how fast and at what cost.')
    .version(packageJson.version, '-V, --version', 'print the version');
  const one = asked !== undefined && Object.hasOwn(commands, asked) ? commands[asked] : undefined;
  if (asked === '--version' || asked === '-V') return program;
  for (const load of one ? [one] : Object.values(commands)) program.addCommand(await load());
  return program;
}

function inspectError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) + causeOf(error) : String(error);
}

/** The message of an error that the user can fix; undefined for every other error. */
function expectedMessage(error: unknown): string | undefined {
  if (error instanceof GatewayError) return asTyped(error);
  if (error instanceof OperatorError) return linesAsTyped(error.message);
  return error instanceof ConfigError || error instanceof FolderLockedError ? error.message : undefined;
}

const causeOf = ({ cause }: Error): string => (cause === undefined ? '' : `\ncaused by ${inspectError(cause)}`);

/** Runs the command in the arguments. A failure goes to standard error and ends the process with 1. */
export async function run(): Promise<void> {
  try {
    const program = await createProgram(process.argv[2]);
    await program.parseAsync();
  } catch (error) {
    process.stderr.write(`${expectedMessage(error) ?? inspectError(error)}\n`);
    // Whatever still listens or waits must not keep a failed process alive.
    process.exit(1);
  }
}
