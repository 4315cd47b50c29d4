import { usePages } from '../../api/use-pages.ts';
import { useQuery } from '../../api/use-query.ts';
import {
  CallsDocument,
  TagNamesDocument,
  WindowDocument,
  type CallOrder,
  type CallsQuery,
  type CallsQueryVariables,
} from '../../gql/graphql.ts';
import { formatMs, Or, Usd, Whole } from '../../format/numbers.tsx';
import { Time } from '../../format/times.tsx';
import { Choice } from '../../parts/choice.tsx';
import { ErrorNotice } from '../../parts/notices.tsx';
import { PeriodPicker, periodOf } from '../../parts/period-picker.tsx';
import { PagedTable } from '../../parts/table.tsx';
import { TextChoice } from '../../parts/text-choice.tsx';
import { addressOf, changeParams } from '../../routing.ts';
import { dimensions, filtersOf, keyOfTag, nameOfKey, parseFilter } from '../explore/dimensions.ts';
import { Filters } from '../explore/filters.tsx';
import type { Page, PageProps } from '../page.ts';
import { CallPage } from './call.tsx';

export const calls: Page = {
  name: 'calls',
  title: 'Calls',
  isOffered: ({ readsUsage }) => readsUsage,
  Content: (props) => {
    const requestId = props.params.get('call');
    return requestId ? <CallPage {...props} requestId={requestId} /> : <Calls {...props} />;
  },
};

const orders: Record<CallOrder, string> = {
  NEWEST_FIRST: 'Newest first',
  COST_DESC: 'Highest cost first',
  DURATION_DESC: 'Longest first',
};
const isOrder = (text: string): text is CallOrder => Object.hasOwn(orders, text);

type Call = CallsQuery['calls']['edges'][number]['node'];

function Calls({ tenant, params }: PageProps) {
  const period = periodOf(params);
  const named = params.get('order') ?? '';
  const orderBy = isOrder(named) ? named : 'NEWEST_FIRST';
  const filters = params.getAll('filter').flatMap((text) => parseFilter(text) ?? []);
  const window = useQuery(WindowDocument, { tenantId: tenant.id, period });
  const { data } = useQuery(TagNamesDocument, { tenantId: tenant.id, first: 200 });
  const minCostUsd = numberIn(params, 'cost');
  const minDurationMs = numberIn(params, 'duration');
  const applied = window.data?.usage.filtersApplied;
  const variables: CallsQueryVariables | undefined = applied && {
    tenantId: tenant.id,
    from: applied.from,
    to: applied.to,
    filters: filtersOf(filters),
    orderBy,
    ...(minCostUsd === undefined ? {} : { minCostUsd }),
    ...(minDurationMs === undefined ? {} : { minDurationMs: Math.ceil(Number(minDurationMs)) }),
  };
  const pages = usePages(CallsDocument, variables, (answer) => answer.calls);
  const keys: Record<string, string> = {};
  for (const key of Object.keys(dimensions)) keys[key] = nameOfKey(key);
  for (const { node } of data?.tags.edges ?? []) keys[keyOfTag(node.name)] = nameOfKey(keyOfTag(node.name));
  const here = Object.fromEntries([...new Set(params.keys())].map((name) => [name, params.getAll(name)]));

  return (
    <>
      <div class="controls">
        <PeriodPicker period={period} />
        <Choice label="Order" value={orderBy} options={orders} choose={(order) => changeParams({ order })} />
        <TextChoice label="Cost from, in USD" value={minCostUsd ?? ''} choose={(cost) => changeParams({ cost })} />
        <TextChoice
          label="Duration from, in ms"
          value={minDurationMs ?? ''}
          choose={(duration) => changeParams({ duration })}
        />
      </div>
      <Filters tenantId={tenant.id} state={{ filters, period }} options={keys} />
      {window.error && <ErrorNotice error={window.error} retry={window.reload} />}
      <p class="quiet">Times in {tenant.timezone}. Voided calls are listed and count in no report.</p>
      <PagedTable
        of={window.isLoading ? { ...pages, isLoading: true } : pages}
        caption="Calls"
        empty="No calls match. Remove a filter, or choose another period."
        keyOf={({ requestId }) => requestId}
        columns={[
          {
            name: 'Time',
            cell: (call: Call) => (
              <a href={addressOf('calls', { ...here, call: call.requestId })}>
                <Time at={call.occurredAt} timeZone={tenant.timezone} />
              </a>
            ),
          },
          { name: 'Model', cell: ({ provider, model }: Call) => `${provider} / ${model}` },
          { name: 'Agent', cell: ({ agentId }: Call) => <Or none="none">{agentId}</Or> },
          {
            name: 'User',
            cell: ({ userId, userErased }: Call) => <Or none="none">{userErased ? 'erased' : userId}</Or>,
          },
          { name: 'Tokens', isNumber: true, cell: ({ totalTokens }: Call) => <Whole value={totalTokens} /> },
          {
            name: 'Duration',
            isNumber: true,
            cell: ({ durationMs }: Call) => (
              <Or none="not sent">{durationMs === null ? null : formatMs(durationMs)}</Or>
            ),
          },
          {
            name: 'Cost',
            isNumber: true,
            cell: ({ costUsd, unpricedReason }: Call) =>
              costUsd === null ? <span title={unpricedReason ?? ''}>unpriced</span> : <Usd value={costUsd} />,
          },
          { name: 'State', cell: ({ status, voidedAt }: Call) => stateOf(status, voidedAt) },
        ]}
      />
    </>
  );
}

const stateOf = (status: Call['status'], voidedAt: string | null) =>
  voidedAt === null ? (status === 'FAILED' ? 'failed' : 'answered') : 'voided';

/** A number that the address has, as text so that no digit is lost; undefined for anything else. */
function numberIn(params: URLSearchParams, name: string): `${number}` | undefined {
  const text = params.get(name) ?? '';
  const isNumber = (value: string): value is `${number}` => /^\d+(\.\d+)?$/.test(value);
  return isNumber(text) ? text : undefined;
}
