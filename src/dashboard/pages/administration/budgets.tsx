import { ask } from '../../api/ask.ts';
import { usePages } from '../../api/use-pages.ts';
import { formatShare, Or } from '../../format/numbers.tsx';
import { Time } from '../../format/times.tsx';
import {
  BudgetEventsDocument,
  BudgetsDocument,
  CreateBudgetDocument,
  DeleteBudgetDocument,
  type BudgetMetric,
  type BudgetPeriod,
  type BudgetStatus,
  type CreateBudgetInput,
} from '../../gql/graphql.ts';
import { FormDialog, type FormField, type FormValues } from '../../parts/form-dialog.tsx';
import { PagedTable } from '../../parts/table.tsx';
import type { PageProps } from '../page.ts';
import { Amount, metrics, periods, Rule, scopeOf, type Budget, type Event, type State } from './budget-words.tsx';

const scopes = { '': 'All calls together', AGENT: 'Each agent', USER: 'Each user', RECORDED_BY: 'Each key' } as const;

const name: FormField = { name: 'name', label: 'Name', isRequired: true };
const shared: readonly FormField[] = [
  { name: 'metric', label: 'What it counts', options: metrics },
  { name: 'each', label: 'Whose', options: scopes },
];

const limitFields: readonly FormField[] = [
  name,
  { name: 'limit', label: 'Limit', type: 'number', isRequired: true },
  { name: 'period', label: 'Period', value: 'MONTH', options: periods },
  ...shared,
  {
    name: 'action',
    label: 'What it does',
    options: { NOTIFY: 'Tells at 80 % and 100 %', BLOCK: 'Refuses reservations, too' },
  },
];

const spikeFields: readonly FormField[] = [
  name,
  { name: 'factor', label: 'Times the usual', type: 'number', value: '5', isRequired: true },
  {
    name: 'floor',
    label: 'And at least',
    type: 'number',
    isRequired: true,
    hint: 'USD, tokens or calls in an hour. Hours with less are no spikes.',
  },
  ...shared,
];

// What a select sends is one of its options.
const sharedInput = ({ name = '', metric, each }: FormValues) => ({
  name,
  metric: metric as BudgetMetric,
  scope: each ? { each: { dimension: each as 'AGENT' | 'USER' | 'RECORDED_BY' } } : null,
});
const limitInput = ({ limit = '', period, action, ...values }: FormValues): CreateBudgetInput => ({
  ...sharedInput(values),
  limit: limit as `${number}`,
  period: period as BudgetPeriod,
  action: action as 'NOTIFY' | 'BLOCK',
});
const spikeInput = ({ factor, floor = '', ...values }: FormValues): CreateBudgetInput => ({
  ...sharedInput(values),
  spike: { factor: Number(factor), floor: floor as `${number}` },
});

interface Row {
  budget: Budget;
  state: State | undefined;
}

/** A row for each of a budget's first values, or one where it has none yet. */
function rowsOf(budget: Budget): Row[] {
  const states = budget.states.edges.map(({ node }) => ({ budget, state: node }));
  return states.length > 0 ? states : [{ budget, state: undefined }];
}

const stateOf = ({ budget: { spike }, state }: Row, words: Record<BudgetStatus, string>): string => {
  if (!state) return 'no calls';
  if (!spike) return words[state.status];
  if (state.usual === null) return 'less than a week of calls';
  return state.status === 'EXCEEDED' ? 'a spike' : 'no spike';
};

/** The budgets of a tenant besides the monthly ones of agents, and what they told. */
export function Budgets({
  caller,
  tenant,
  words,
}: Pick<PageProps, 'caller' | 'tenant'> & { words: Record<BudgetStatus, string> }) {
  const tenantId = tenant.id;
  const budgets = usePages(BudgetsDocument, { tenantId }, (data) => data.budgets);
  const events = usePages(BudgetEventsDocument, { tenantId }, (data) => data.budgetEvents);
  const reload = () => {
    budgets.reload();
    events.reload();
  };
  const create = (toInput: (values: FormValues) => CreateBudgetInput) => async (values: FormValues) => {
    await ask(CreateBudgetDocument, { tenantId, input: toInput(values) });
    reload();
  };
  const remove = async (id: string) => {
    await ask(DeleteBudgetDocument, { tenantId, id });
    reload();
  };
  const others = budgets.rows?.filter(({ id }) => !id.startsWith('agent:'));
  return (
    <>
      <h2>Other budgets</h2>
      {caller.administers && (
        <p class="row">
          <FormDialog
            button="Create a budget"
            title="Create a budget"
            action="Create"
            fields={limitFields}
            submit={create(limitInput)}
          />
          <FormDialog
            button="Watch for spikes"
            title="Watch for spikes"
            action="Create"
            explanation="Tells when an hour is far above what is usual at that hour of the day."
            fields={spikeFields}
            submit={create(spikeInput)}
          />
        </p>
      )}
      <PagedTable
        of={{ ...budgets, rows: others?.flatMap(rowsOf) }}
        caption="Other budgets"
        empty="There are no other budgets."
        keyOf={({ budget, state }: Row) => `${budget.id} ${state?.value ?? ''}`}
        columns={[
          { name: 'Budget', cell: ({ budget }: Row) => budget.name },
          { name: 'Of', cell: ({ budget }: Row) => <Rule budget={budget} /> },
          { name: 'For', cell: ({ budget }: Row) => scopeOf(budget) },
          { name: 'Value', cell: ({ state }: Row) => <Or none="no value">{state?.value}</Or> },
          {
            name: 'Spent',
            isNumber: true,
            cell: ({ budget, state }: Row) => <Amount of={budget} value={state?.spent ?? '0'} />,
          },
          {
            name: 'Usual',
            isNumber: true,
            cell: ({ budget, state }: Row) => (
              <Or none="none">{state?.usual ? <Amount of={budget} value={state.usual} /> : null}</Or>
            ),
          },
          { name: 'Used', isNumber: true, cell: ({ state }: Row) => formatShare(state?.ratio ?? 0) },
          { name: 'State', cell: (row: Row) => stateOf(row, words) },
          ...(caller.administers
            ? [
                {
                  name: 'Changes',
                  cell: ({ budget }: Row) => (
                    <FormDialog
                      button="Delete"
                      title={`Delete ${budget.name}`}
                      action="Delete the budget"
                      isDangerous
                      explanation="Its events go with it. Calls stay."
                      fields={[]}
                      submit={() => remove(budget.id)}
                    />
                  ),
                },
              ]
            : []),
        ]}
      />
      <h2>What budgets told</h2>
      <PagedTable
        of={events}
        caption="What budgets told"
        empty="No budget has told anything."
        keyOf={({ id }: Event) => id}
        columns={[
          { name: 'When', cell: ({ at }: Event) => <Time at={at} timeZone={tenant.timezone} /> },
          { name: 'Budget', cell: ({ budget }: Event) => budget.name },
          { name: 'Value', cell: ({ value }: Event) => <Or none="no value">{value}</Or> },
          { name: 'What', cell: (event: Event) => <What event={event} /> },
          { name: 'Spent', isNumber: true, cell: ({ budget, spent }: Event) => <Amount of={budget} value={spent} /> },
        ]}
      />
    </>
  );
}

const What = ({ event: { budget, threshold, limit, usual } }: { event: Event }) =>
  usual === null ? (
    <>
      {formatShare(threshold ?? 0)} of <Amount of={budget} value={limit ?? '0'} />
    </>
  ) : (
    <>
      A spike, where <Amount of={budget} value={usual} /> is usual
    </>
  );
