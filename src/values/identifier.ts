import { ValidationError } from './errors.ts';

declare const brand: unique symbol;
export type TenantId = string & { readonly [brand]: 'TenantId' };
export type AgentId = string & { readonly [brand]: 'AgentId' };

export const maxIdentifierLength = 200;

const controlCharacter = /\p{Cc}/u;
/** Nearly all identifiers match this, and need no further check. */
const plain = /^[\x20-\x7e]{1,200}$/;

/** What is wrong with an identifier, if anything: 1 to 200 characters, no control characters, well-formed Unicode. */
export function identifierProblem(value: string): string | undefined {
  if (plain.test(value)) return undefined;
  if (value === '') return 'must not be empty';
  if (!value.isWellFormed()) return 'must not contain lone surrogates';
  if (controlCharacter.test(value)) return 'must not contain control characters';
  if (value.length > maxIdentifierLength && [...value].length > maxIdentifierLength)
    return `must have at most ${maxIdentifierLength} characters`;
  return undefined;
}

/** The identifier itself. @throws {ValidationError} naming the field. */
export function identifier(value: string, field: string): string {
  const problem = identifierProblem(value);
  if (problem) throw new ValidationError(`'${field}' ${problem}`, field);
  return value;
}

export const tenantId = (value: string, field = 'tenantId'): TenantId => identifier(value, field) as TenantId;
export const agentId = (value: string, field = 'agentId'): AgentId => identifier(value, field) as AgentId;
