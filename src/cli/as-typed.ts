import { type GatewayError, NotFoundError } from '../values/errors.ts';

/** The option for each field that an error may name. */
const typed: Readonly<Record<string, string>> = {
  expires: '--expires',
  expiresAt: '--expires',
  from: '--from',
  graceSeconds: '--grace',
  id: '<id>',
  name: '--name',
  role: '--role',
  scopes: '--scope',
  tenant: '--tenant',
  tenantId: '--tenant',
  timezone: '--timezone',
  to: '--to',
};

const inOptions = (text: string) =>
  text.replace(/'(\w+)'/g, (quoted, field: string) => (Object.hasOwn(typed, field) ? (typed[field] ?? '') : quoted));

/** An error's message for whoever typed the command, with options in place of field names. */
export function asTyped(error: GatewayError): string {
  const option = error.field === undefined ? undefined : typed[error.field];
  // The message already says what was not found.
  if (option === undefined || error instanceof NotFoundError) return error.message;
  if (error.message.includes(`'${error.field}'`)) return inOptions(error.message);
  return option.startsWith('--') ? `${option}: ${error.message}` : error.message;
}

/** The same for lines that begin with an option: "--tenant: 'tenant' must not be empty" names it twice. */
export const linesAsTyped = (lines: string): string =>
  lines.replace(/^(--\w+): '(\w+)' .*$/gm, (line, option: string, field: string) =>
    typed[field] === option ? inOptions(line.slice(option.length + 2)) : line,
  );
