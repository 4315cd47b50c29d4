import type { HeadlineFragment, OverviewQuery } from '../../gql/graphql.ts';
import { formatChange, formatMs, formatShare, formatUsd, formatWhole } from '../../format/numbers.tsx';
import { formatDate } from '../../format/times.tsx';

interface Headline {
  name: string;
  format: (totals: HeadlineFragment) => string;
  /** The exact value, for whoever points at it. */
  exact: (totals: HeadlineFragment) => string;
  compared: (totals: HeadlineFragment) => number;
}

const headlines: readonly Headline[] = [
  {
    name: 'Cost',
    format: ({ totalCostUsd }) => formatUsd(totalCostUsd),
    exact: ({ totalCostUsd }) => totalCostUsd,
    compared: ({ totalCostUsd }) => Number(totalCostUsd),
  },
  {
    name: 'Calls',
    format: ({ totalCalls }) => formatWhole(totalCalls),
    exact: ({ totalCalls }) => String(totalCalls),
    compared: ({ totalCalls }) => totalCalls,
  },
  {
    name: 'Tokens',
    format: ({ totalTokens }) => formatWhole(totalTokens),
    exact: ({ totalTokens }) => String(totalTokens),
    compared: ({ totalTokens }) => totalTokens,
  },
  {
    name: 'Error rate',
    format: ({ errorRate }) => formatShare(errorRate),
    exact: ({ errorRate }) => String(errorRate),
    compared: ({ errorRate }) => errorRate,
  },
  {
    name: '95th percentile of durations',
    format: ({ callDurationMs }) => formatMs(callDurationMs.p95),
    exact: ({ callDurationMs }) => String(callDurationMs.p95),
    compared: ({ callDurationMs }) => callDurationMs.p95,
  },
];

/** The totals of the period, each beside that of the period before. */
export function Headlines({ usage: { filtersApplied, totals, compare } }: { usage: OverviewQuery['usage'] }) {
  const { timezone } = filtersApplied;
  const before = `${formatDate(compare.filtersApplied.from, timezone)} – ${formatDate(compare.filtersApplied.to, timezone)}`;
  return (
    <section aria-label="Totals">
      <p class="quiet">
        {formatDate(filtersApplied.from, timezone)} – {formatDate(filtersApplied.to, timezone)}, {timezone}; in brackets
        the period before, {before}
      </p>
      <dl class="tiles">
        {headlines.map(({ name, format, exact, compared }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <data class="large" value={exact(totals)} title={exact(totals)}>
                {format(totals)}
              </data>
              <span class="quiet">
                (
                <data value={exact(compare.totals)} title={exact(compare.totals)}>
                  {format(compare.totals)}
                </data>
                ) {formatChange(compared(totals), compared(compare.totals))}
              </span>
            </dd>
          </div>
        ))}
      </dl>
      {totals.unpricedCalls > 0 && (
        <p class="notice">
          {formatWhole(totals.unpricedCalls)} calls have no price and add nothing to the cost. “Calls” says why for
          each; a price under “Prices” helps those to come.
        </p>
      )}
    </section>
  );
}
