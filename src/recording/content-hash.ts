import { hash } from 'node:crypto';
import { callFields } from './call-fields.ts';
import { compiled } from './compiled.ts';
import type { CallContent } from './field-groups.ts';
import type { JsonValue } from './field-kinds.ts';

/** What tells how a field is hashed; those without a place are not. */
interface HashedField {
  readonly hashPlace?: number;
  readonly leftOut?: unknown;
  readonly kind: { readonly toJson?: (value: never) => JsonValue; readonly toHashed?: (value: never) => string };
}

/** The places of what is hashed of every call; what came later is hashed only where it was given. */
const lastFixedPlace = 18;

/**
 * A SHA-256 over fields of a call. The order of the places is part of what is stored, and so is what stands at them: the
 * first ones are values, null for nothing. A later one is there only where it was given, behind the name of its field,
 * so that a call without it has the hash that it had before there was such a field.
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
        `if (content.${name} !== ${JSON.stringify(leftOut)}) parts.push('${name}', ${valueText(name)});`,
    );
  const partsOf = compiled<[content: Content], unknown[]>(
    'content',
    `const parts = [${fixed.join(', ')}]; ${later.join(' ')} return parts;`,
    { toHashed },
  );
  return (content) => hash('sha256', JSON.stringify(partsOf(content)), 'buffer');
}

/**
 * What tells a retry from another call under the same key. `occurredAt` is left out, since the gateway fills it in when a
 * caller sends none, a retry's clock being later.
 */
export const contentHash = hashOver<CallContent>(callFields);
