import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPage, toConnection } from '../../src/graphql/connection.ts';
import { ValidationError } from '../../src/values/errors.ts';
import { anyText } from '../support/any-text.ts';

const encode = (key: unknown) => Buffer.from(JSON.stringify(key)).toString('base64url');
const first = { first: 2, after: undefined };
const keyOf = ({ tenant, id }: { tenant: string; id: string }) => [tenant, id];

function errorOf(read: () => unknown): unknown {
  try {
    read();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('a page', () => {
  it('comes with what was asked for, or the default', () => {
    expect(readPage({}, 2)).toEqual({ first: 50, after: undefined });
    expect(readPage({ first: null, after: null }, 2)).toEqual({ first: 50, after: undefined });
    expect(readPage({ first: 1 }, 2)).toEqual({ first: 1, after: undefined });
    expect(readPage({ first: 1000 }, 2)).toEqual({ first: 1000, after: undefined });
  });

  it.each([0, -1, 1001])('of %i rows is an error on first', (size) => {
    const error = errorOf(() => readPage({ first: size }, 1));
    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({ field: 'first', message: "'first' must be from 1 to 1000" });
  });

  it('goes on behind its cursor, whatever the key', () => {
    const key = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(key, key, (tenant, id) => {
        const { pageInfo, edges } = toConnection([{ tenant, id }], first, keyOf);
        expect(pageInfo.endCursor).toBe(edges[0]?.cursor);
        expect(pageInfo.endCursor).toMatch(/^[\w-]+$/);
        expect(readPage({ after: pageInfo.endCursor }, 2).after).toEqual([tenant, id]);
      }),
    );
  });

  it('says what is before and behind it', () => {
    const rows = ['a', 'b', 'c'].map((id) => ({ tenant: 't', id }));
    const page = toConnection(rows, first, keyOf);
    expect(page.edges.map(({ node }) => node.id)).toEqual(['a', 'b']);
    expect(page.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const last = toConnection(rows.slice(2), { first: 2, after: ['t', 'b'] }, keyOf);
    expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    expect(toConnection([], first, keyOf).pageInfo).toEqual({
      hasNextPage: false,
      hasPreviousPage: false,
      startCursor: null,
      endCursor: null,
    });
  });
});

describe('a bad cursor', () => {
  const bad: Record<string, string> = {
    empty: '',
    'not base64url': '%%%',
    'not JSON': Buffer.from('tenant').toString('base64url'),
    'of another list': encode(['t']),
    'too long': encode(['t', 'a', 'b']),
    'without a list': encode({ 0: 't', 1: 'a', length: 2 }),
    'of numbers': encode([1, 2]),
    'with null': encode(['t', null]),
    'with a character that PostgreSQL refuses': encode(['t', 'a\0']),
    null: encode(null),
  };

  it.each(Object.entries(bad))('that is %s is an error on after', (_, after) => {
    const error = errorOf(() => readPage({ after }, 2));
    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({ code: 'VALIDATION_ERROR', field: 'after' });
  });

  it('is never another exception', () => {
    fc.assert(
      fc.property(anyText, (after) => {
        expect(errorOf(() => readPage({ after }, 2))).toBeInstanceOf(ValidationError);
      }),
    );
  });
});
