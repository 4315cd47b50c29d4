import { ask } from '../../api/ask.ts';
import { usePages } from '../../api/use-pages.ts';
import { useQuery } from '../../api/use-query.ts';
import {
  AgentsDocument,
  BudgetStatesDocument,
  CreateAgentDocument,
  DeleteAgentDocument,
  UpdateAgentDocument,
  type AgentsQuery,
  type BudgetStatesQuery,
  type BudgetStatus,
} from '../../gql/graphql.ts';
import { formatShare, Or, Usd, Whole } from '../../format/numbers.tsx';
import { FormDialog, type FormValues } from '../../parts/form-dialog.tsx';
import { Loaded } from '../../parts/notices.tsx';
import { PagedTable, Table } from '../../parts/table.tsx';
import type { Page, PageProps } from '../page.ts';
import { Budgets } from './budgets.tsx';

export const agents: Page = {
  name: 'agents',
  title: 'Agents and budgets',
  isOffered: ({ readsUsage }) => readsUsage,
  Content: Agents,
};

type Agent = AgentsQuery['tenant']['agents']['edges'][number]['node'];
type Budget = BudgetStatesQuery['budgetAlerts'][number];

const states: Record<BudgetStatus, string> = {
  OK: 'below 80 %',
  WARNING: 'from 80 %',
  EXCEEDED: 'used up',
};

/** What was typed as an amount, which the gateway checks; null for nothing. */
const amountOf = (text: string | undefined) => (text ? (text as `${number}`) : null);

const fields = (agent?: Agent) => [
  { name: 'name', label: 'Name', isRequired: true, value: agent?.name ?? '' },
  {
    name: 'budget',
    label: 'Monthly budget in USD',
    type: 'number' as const,
    value: agent?.budgetLimitUsd ?? '',
    hint: 'Empty for none. A budget warns; it does not block calls.',
  },
];

function Agents({ caller, tenant }: PageProps) {
  const tenantId = tenant.id;
  const pages = usePages(AgentsDocument, { tenantId }, (data) => data.tenant.agents);
  const budgets = useQuery(BudgetStatesDocument, { tenantId });
  const reload = () => {
    pages.reload();
    budgets.reload();
  };
  const create = async ({ id = '', name = '', budget }: FormValues) => {
    await ask(CreateAgentDocument, { tenantId, input: { id, name, budgetLimitUsd: amountOf(budget) } });
    reload();
  };
  const update = async (id: string, { name = '', budget }: FormValues) => {
    await ask(UpdateAgentDocument, { tenantId, id, input: { name, budgetLimitUsd: amountOf(budget) } });
    reload();
  };
  const remove = async (id: string) => {
    await ask(DeleteAgentDocument, { tenantId, id });
    reload();
  };
  const changes = (agent: Agent) => (
    <div class="row">
      <FormDialog
        button="Change"
        title={`Change ${agent.name}`}
        action="Save"
        fields={fields(agent)}
        submit={(values) => update(agent.id, values)}
      />
      <FormDialog
        button="Delete"
        title={`Delete ${agent.name}`}
        action="Delete the agent"
        isDangerous
        explanation="Its budget goes with it. Its calls stay in every report, under the agent's id."
        fields={[]}
        submit={() => remove(agent.id)}
      />
    </div>
  );
  return (
    <>
      <h2>Budgets of this month</h2>
      <Loaded of={budgets}>
        {({ budgetAlerts }) =>
          budgetAlerts.length === 0 ? (
            <p class="empty">No agent has a budget.{caller.administers && ' Give one to an agent below.'}</p>
          ) : (
            <Table
              caption="Budgets of this month"
              rows={budgetAlerts}
              keyOf={({ agent }: Budget) => agent.id}
              columns={[
                { name: 'Agent', cell: ({ agent }: Budget) => agent.name },
                { name: 'Spent', isNumber: true, cell: ({ currentUsd }: Budget) => <Usd value={currentUsd} /> },
                {
                  name: 'Budget',
                  isNumber: true,
                  cell: ({ budgetLimitUsd }: Budget) => <Usd value={budgetLimitUsd} />,
                },
                { name: 'Used', isNumber: true, cell: ({ ratio }: Budget) => formatShare(ratio) },
                { name: 'State', cell: ({ status }: Budget) => states[status] },
              ]}
            />
          )
        }
      </Loaded>
      <Budgets caller={caller} tenant={tenant} words={states} />
      <h2>Agents</h2>
      {caller.administers && (
        <p>
          <FormDialog
            button="Register an agent"
            title="Register an agent"
            action="Register"
            fields={[{ name: 'id', label: 'Id', isRequired: true, hint: 'By which calls name it.' }, ...fields()]}
            submit={create}
          />
        </p>
      )}
      <PagedTable
        of={pages}
        caption="Agents"
        empty="No agent is registered. Calls may name agents all the same."
        keyOf={({ id }) => id}
        columns={[
          { name: 'Agent', cell: ({ name }: Agent) => name },
          { name: 'Id', cell: ({ id }: Agent) => id },
          { name: 'Calls this month', isNumber: true, cell: ({ usage }: Agent) => <Whole value={usage.totalCalls} /> },
          { name: 'Cost this month', isNumber: true, cell: ({ usage }: Agent) => <Usd value={usage.totalCostUsd} /> },
          {
            name: 'Budget',
            isNumber: true,
            cell: ({ budgetLimitUsd }: Agent) => (
              <Or none="none">{budgetLimitUsd === null ? null : <Usd value={budgetLimitUsd} />}</Or>
            ),
          },
          ...(caller.administers ? [{ name: 'Changes', cell: changes }] : []),
        ]}
      />
    </>
  );
}
