import { formatWhole, Usd, Whole, type Decimal } from '../../format/numbers.tsx';
import type { BudgetEventsQuery, BudgetMetric, BudgetPeriod, BudgetsQuery } from '../../gql/graphql.ts';

export type Budget = BudgetsQuery['budgets']['edges'][number]['node'];
export type State = Budget['states']['edges'][number]['node'];
export type Event = BudgetEventsQuery['budgetEvents']['edges'][number]['node'];

export const metrics: Record<BudgetMetric, string> = {
  COST_USD: 'Cost in USD',
  TOTAL_TOKENS: 'Tokens',
  CALLS: 'Calls',
};

export const periods: Record<BudgetPeriod, string> = {
  DAY: 'a day',
  WEEK: 'a week',
  MONTH: 'a month',
  YEAR: 'a year',
  TOTAL: 'in all',
};

/** A number of a budget, in what the budget counts. */
export const Amount = ({ of: { metric }, value }: { of: { metric: BudgetMetric }; value: Decimal }) =>
  metric === 'COST_USD' ? <Usd value={value} /> : <Whole value={Number(value)} />;

/** What a budget limits, or from when on an hour is a spike. */
export const Rule = ({ budget }: { budget: Budget }) => {
  const { limit, spike, period, metric } = budget;
  const unit = metric === 'COST_USD' ? '' : ` ${metrics[metric].toLowerCase()}`;
  if (spike)
    return (
      <>
        Spikes: hours of {formatWhole(spike.factor)} times the usual, from <Amount of={budget} value={spike.floor} />
        {unit}
      </>
    );
  return (
    <>
      <Amount of={budget} value={limit ?? '0'} />
      {unit} {periods[period]}
    </>
  );
};

/** Which calls a budget is for, in words. */
export function scopeOf({ scope }: Budget): string {
  const { agentId, userId, recordedBy, tagName, tagValues, eachDimension, eachTag } = scope;
  const conditions = [
    agentId !== null && `agent ${agentId}`,
    userId !== null && `user ${userId}`,
    recordedBy !== null && `recorded by ${recordedBy}`,
    tagName !== null && `${tagName}: ${tagValues?.join(' or ')}`,
    eachDimension !== null && `each ${eachDimension.toLowerCase().replace('_', ' ')}`,
    eachTag !== null && `each ${eachTag}`,
  ];
  return conditions.filter((condition) => condition !== false).join(', ') || 'all calls';
}
