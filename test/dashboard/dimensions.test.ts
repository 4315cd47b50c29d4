import { isEnumType, isInputObjectType } from 'graphql';
import { expect, it } from 'vitest';
import {
  dimensions,
  filtersOf,
  filterText,
  groupByOf,
  parseFilter,
} from '../../src/dashboard/pages/explore/dimensions.ts';
import { schema } from '../../src/schema.ts';

it('knows every dimension of a report of one tenant, and its field in filters', () => {
  const inSchema = schema.getType('Dimension');
  const filters = schema.getType('UsageFilters');
  const names = isEnumType(inSchema) ? inSchema.getValues().map(({ name }) => name) : [];
  expect(Object.keys(dimensions).toSorted()).toEqual(names.filter((name) => name !== 'TENANT').toSorted());
  const fields = isInputObjectType(filters) ? Object.keys(filters.getFields()) : [];
  expect(
    Object.values(dimensions)
      .map(({ filter }) => filter)
      .toSorted(),
  ).toEqual(fields.filter((name) => name !== 'tags').toSorted());
});

it('reads what the address has, and leaves out what there is not', () => {
  expect(groupByOf('MODEL')).toEqual({ dimension: 'MODEL' });
  expect(groupByOf('tag:team')).toEqual({ tag: 'team' });
  expect(groupByOf('TENANT')).toBeUndefined();
  expect(groupByOf('toString')).toBeUndefined();
  expect(parseFilter('NOTHING=1')).toBeUndefined();
  for (const text of ['MODEL=gpt=5', 'tag:team=', 'USER=a\nb']) {
    const filter = parseFilter(text);
    expect(filter && filterText(filter)).toBe(text);
  }
});

it('asks for any value of a dimension, and for all of several', () => {
  const filters = ['MODEL=a', 'MODEL=b', 'AGENT=', 'tag:team=x', 'tag:team=y'].flatMap(
    (text) => parseFilter(text) ?? [],
  );
  expect(filtersOf(filters)).toEqual({
    model: ['a', 'b'],
    agentId: [''],
    tags: [{ name: 'team', values: ['x', 'y'] }],
  });
  expect(filtersOf([])).toBeNull();
});
