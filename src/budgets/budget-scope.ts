import type { Budget, BudgetDimension } from '../limits/budget.entity.ts';
import type { GroupKey } from '../reporting/query/report-query.ts';
import { tagDimension, tagOf } from '../rollup/dimensions.ts';
import { erasedUser } from '../values/erased.ts';
import { ValidationError } from '../values/errors.ts';
import { identifier } from '../values/identifier.ts';
import { tagName } from '../values/tags.ts';

/** Which calls a budget is for, as a request says it. */
export interface GivenScope {
  agentId?: string | null | undefined;
  userId?: string | null | undefined;
  recordedBy?: string | null | undefined;
  tag?: { name: string; values: readonly string[] } | null | undefined;
  each?: { dimension?: GroupKey | null | undefined; tag?: string | null | undefined } | null | undefined;
}

export type Scope = Pick<Budget, 'scopeDimension' | 'scopeValues' | 'eachDimension'>;

const named = ['agentId', 'userId', 'recordedBy'] as const;
const isNamed = (key: string): key is (typeof named)[number] => named.some((name) => name === key);

const maxValues = 100;

/** @throws {ValidationError} on `scope` or one of its fields. */
export function readScope(given: GivenScope | null | undefined): Scope {
  const conditions = [...named, 'tag' as const].filter((name) => given?.[name] !== null && given?.[name] !== undefined);
  const [condition] = conditions;
  if (conditions.length > 1)
    throw new ValidationError(`A budget has one condition; 'scope' has ${conditions.join(' and ')}`, 'scope');
  return { ...readCondition(given ?? {}, condition), eachDimension: readEach(given?.each) };
}

function readCondition(
  given: GivenScope,
  condition: (typeof named)[number] | 'tag' | undefined,
): Pick<Scope, 'scopeDimension' | 'scopeValues'> {
  if (condition === undefined) return { scopeDimension: null, scopeValues: [] };
  if (condition !== 'tag')
    return { scopeDimension: condition, scopeValues: [identifier(given[condition] ?? '', condition)] };
  const { name, values } = given.tag ?? { name: '', values: [] };
  if (values.length === 0 || values.length > maxValues)
    throw new ValidationError(`A budget is for 1 to ${maxValues} values of a tag`, 'tag');
  return {
    scopeDimension: tagDimension(tagName(name, 'tag')),
    scopeValues: [...new Set(values.map((value) => identifier(value, 'tag')))],
  };
}

function readEach(each: GivenScope['each']): BudgetDimension | null {
  if (!each) return null;
  if (each.tag !== null && each.tag !== undefined) return tagDimension(tagName(each.tag, 'each'));
  const { dimension } = each;
  if (!dimension || !isNamed(dimension))
    throw new ValidationError(
      "'each' is one of AGENT, USER, RECORDED_BY or a tag: a budget is for each value of one of these",
      'each',
    );
  return dimension;
}

/** Which calls a budget is for, as an answer says it. */
export function shownScope({ scopeDimension, scopeValues, eachDimension }: Scope) {
  const only = (name: string) => (scopeDimension === name ? (scopeValues[0] ?? null) : null);
  const tag = scopeDimension ? tagOf(scopeDimension) : undefined;
  const eachTag = eachDimension ? tagOf(eachDimension) : undefined;
  return {
    agentId: only('agentId'),
    userId: only('userId'),
    recordedBy: only('recordedBy'),
    tagName: tag ?? null,
    tagValues: tag === undefined ? null : scopeValues.filter((value) => value !== erasedUser),
    eachDimension: eachTag === undefined ? ((eachDimension ?? null) as GroupKey | null) : null,
    eachTag: eachTag ?? null,
  };
}

/** Filters and groups of reports that are about a budget's calls. */
export const reportedScope = ({ scopeDimension, scopeValues, eachDimension }: Scope) => ({
  filters: scopeDimension ? { [scopeDimension]: scopeValues } : {},
  dimensions: eachDimension ? [eachDimension] : [],
});
