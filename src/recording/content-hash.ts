import { hash } from 'node:crypto';
import { callFields } from './call-fields.ts';
import { compiled } from './compiled.ts';
import type { CallContent } from './field-groups.ts';
import type { JsonValue } from './field-kinds.ts';

/** How a field is hashed; fields without a place are not hashed. */
interface HashedField {
  readonly hashPlace?: number;
  readonly leftOut?: unknown;
  readonly kind: { readonly toJson?: (value: never) => JsonValue; readonly toHashed?: (value: never) => string };
}

/** Fields up to this place are hashed in every call; later fields are hashed only when they were given. */
const lastFixedPlace = 18;

/**
 * A SHA-256 over fields of a call. Stored hashes depend on the places of the fields, so these never change. The first
 * fields are hashed as their values, null for none. A later field is hashed only when it was given, preceded by its name,
 * so that a call without it keeps the hash that it had before the field existed.
 */
export function hashOver<Content extends object>(
  fields: Readonly<Record<string, HashedField>>,
): (content: Content) => Buffer {
  const placed = Object.entries(fields)
    .flatMap(([name, field]) => (field.hashPlace === undefined ? [] : [{ ...field, name, place: field.hashPlace }]))
    .toSorted((one, other) => one.place - other.place);
  const toHashed = Object.fromEntries(placed.map(({ name, kind }) => [name, kind.toHashed ?? kind.toJson]));
  const valueText = (name: string) =>
    toHashed[name] ? `content.${name} ? toHashed.${name}(content.${name}) : null` : `content.${name}`;
  const fixed = placed.filter(({ place }) => place <= lastFixedPlace).map(({ name }) => valueText(name));
  const later = placed
    .filter(({ place }) => place > lastFixedPlace)
    .map(
      ({ name, leftOut }) =>
        `if (content.${name} !== ${JSON.stringify(leftOut)}) values.push('${name}', ${valueText(name)});`,
    );
  const valuesOf = compiled<[content: Content], unknown[]>(
    'content',
    `const values = [${fixed.join(', ')}]; ${later.join(' ')} return values;`,
    { toHashed },
  );
  return (content) => hash('sha256', JSON.stringify(valuesOf(content)), 'buffer');
}

/**
 * Distinguishes a retry from another call with the same key. `occurredAt` is left out, since the gateway fills it in when
 * the caller sends none, and a retry comes later.
 */
export const contentHash = hashOver<CallContent>(callFields);
