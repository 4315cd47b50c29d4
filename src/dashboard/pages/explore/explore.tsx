import { useQuery } from '../../api/use-query.ts';
import { ExploreDocument, TagNamesDocument } from '../../gql/graphql.ts';
import { Loaded } from '../../parts/notices.tsx';
import { PeriodPicker } from '../../parts/period-picker.tsx';
import { Choice } from '../../parts/choice.tsx';
import { changeParams } from '../../routing.ts';
import type { Page, PageProps } from '../page.ts';
import { dimensions, keyOfTag, nameOfKey } from './dimensions.ts';
import { Filters } from './filters.tsx';
import { measures } from './measures.ts';
import { Result } from './result.tsx';
import { exploreState, exploreVariables, groupCounts, maxKeys, views, type ExploreState } from './state.ts';

export const explore: Page = {
  name: 'explore',
  title: 'Explore',
  isOffered: ({ readsUsage }) => readsUsage,
  Content: Explore,
};

function Explore({ tenant, params }: PageProps) {
  const state = exploreState(params);
  const { data } = useQuery(TagNamesDocument, { tenantId: tenant.id, first: 200 });
  const keys: Record<string, string> = {};
  for (const key of Object.keys(dimensions)) keys[key] = nameOfKey(key);
  for (const { node } of data?.tags.edges ?? []) keys[keyOfTag(node.name)] = nameOfKey(keyOfTag(node.name));
  return (
    <>
      <div class="controls">
        <PeriodPicker period={state.period} />
        <Choice
          label="Each"
          value={state.bucket}
          options={{ HOUR: 'Hour', DAY: 'Day', WEEK: 'Week', MONTH: 'Month' }}
          choose={(bucket) => changeParams({ bucket })}
        />
        <Choice
          label="Measure"
          value={state.measureId}
          options={Object.fromEntries(Object.entries(measures).map(([id, { name }]) => [id, name]))}
          choose={(measure) => changeParams({ measure })}
        />
        <Keys state={state} options={keys} />
        <Choice
          label="Groups"
          value={String(state.first)}
          options={Object.fromEntries(groupCounts.map((count) => [count, count]))}
          choose={(first) => changeParams({ first })}
        />
        <Choice
          label="Show as"
          value={state.view}
          options={state.measure.isAdditive ? views : { lines: views.lines, table: views.table }}
          choose={(view) => changeParams({ view })}
        />
      </div>
      <Filters tenantId={tenant.id} state={state} options={keys} />
      {/* An answer for one measure has no values of another. */}
      <Report key={`${state.measureId} ${state.keys.join(' ')}`} tenantId={tenant.id} state={state} />
    </>
  );
}

function Report({ tenantId, state }: { tenantId: string; state: ExploreState }) {
  const variables = exploreVariables(tenantId, state);
  const report = useQuery(ExploreDocument, variables);
  return (
    <>
      <Loaded of={report}>{({ usage }) => <Result usage={usage} state={state} />}</Loaded>
      <details>
        <summary>The query that was asked</summary>
        <p>
          For <a href="/graphql">GraphiQL</a> or your own code, with these variables below it:
        </p>
        <pre tabIndex={0} aria-label="The query">
          {ExploreDocument.toString().trim()}
        </pre>
        <pre tabIndex={0} aria-label="The variables">
          {JSON.stringify(variables, undefined, 2)}
        </pre>
      </details>
    </>
  );
}

/** One choice for each dimension or tag, and one more until there are as many as the gateway takes. */
function Keys({ state: { keys }, options }: { state: ExploreState; options: Record<string, string> }) {
  const places = keys.length < maxKeys ? [...keys, ''] : keys;
  const choose = (place: number, key: string) => {
    const by = [...keys];
    by[place] = key;
    changeParams({ by: by.filter((one) => one !== '') });
  };
  return (
    <>
      {places.map((key, place) => {
        const left = Object.fromEntries(
          Object.entries(options).filter(([option]) => option === key || !keys.includes(option)),
        );
        const none: Record<string, string> = place > 0 ? { '': 'none' } : {};
        const known: Record<string, string> = key === '' || key in left ? {} : { [key]: nameOfKey(key) };
        return (
          <Choice
            key={place}
            label={place === 0 ? 'By' : `And by (${place + 1})`}
            value={key}
            options={{ ...none, ...known, ...left }}
            choose={(chosen) => choose(place, chosen)}
          />
        );
      })}
    </>
  );
}
