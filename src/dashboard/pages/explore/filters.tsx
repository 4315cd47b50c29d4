import { useState } from 'preact/hooks';
import { useQuery } from '../../api/use-query.ts';
import { DimensionValuesDocument, TagValuesDocument } from '../../gql/graphql.ts';
import { Choice } from '../../parts/choice.tsx';
import { changeParams } from '../../routing.ts';
import { filterText, groupByOf, nameOfKey, type Filter } from './dimensions.ts';
import type { ExploreState } from './state.ts';

const noValue = 'none';
const nothingChosen = '\u0000';

/** The filters that apply, each with a button that removes it, and choices for one more. */
export function Filters({
  tenantId,
  state,
  options,
}: {
  tenantId: string;
  state: Pick<ExploreState, 'filters' | 'period'>;
  options: Record<string, string>;
}) {
  const [key, setKey] = useState('');
  const { filters } = state;
  const change = (next: readonly Filter[]) => changeParams({ filter: next.map(filterText) });
  const has = (filter: Filter) => filters.some((one) => filterText(one) === filterText(filter));
  const values = useValues(tenantId, state, key).filter((value) => !has({ key, value }));
  const add = (value: string) => {
    if (value !== nothingChosen) change([...filters, { key, value }]);
    setKey('');
  };
  return (
    <div class="controls" role="group" aria-label="Filters">
      {filters.map((filter) => (
        <button
          key={filterText(filter)}
          type="button"
          title="Remove this filter"
          onClick={() => change(filters.filter((one) => one !== filter))}
        >
          {nameOfKey(filter.key)}: {filter.value || noValue} <span aria-hidden="true">×</span>
          <span class="unseen">remove</span>
        </button>
      ))}
      <Choice label="Filter by" value={key} options={{ '': 'choose …', ...options }} choose={setKey} />
      {key !== '' && (
        <Choice
          label="Value"
          value={nothingChosen}
          options={{
            [nothingChosen]: 'choose …',
            ...Object.fromEntries(values.map((value) => [value, value || noValue])),
          }}
          choose={add}
        />
      )}
    </div>
  );
}

/** Values that calls have, those that cost most first; "" stands for none. */
function useValues(tenantId: string, { period }: Pick<ExploreState, 'period'>, key: string): string[] {
  const by = groupByOf(key);
  const tag = by?.tag;
  const ofTag = useQuery(TagValuesDocument, tag ? { tenantId, name: tag } : undefined);
  const ofDimension = useQuery(DimensionValuesDocument, by?.dimension ? { tenantId, period, by: [by] } : undefined);
  if (tag) return [...(ofTag.data?.tagValues ?? []), ''];
  const groups = ofDimension.data?.usage.groups.edges ?? [];
  // No filter finds erased users, who have a label alone.
  return groups.flatMap(({ node: { values } }) =>
    values[0]?.value === null && values[0].label ? [] : (values[0]?.value ?? ''),
  );
}
