import { ask } from '../../api/ask.ts';
import { currentSession, startSession } from '../../api/session.ts';
import { usePages } from '../../api/use-pages.ts';
import {
  CreateTenantDocument,
  DeleteTenantDocument,
  StartImpersonationDocument,
  TenantUsagesDocument,
  UpdateTenantDocument,
  type TenantUsagesQuery,
} from '../../gql/graphql.ts';
import { Usd, Whole } from '../../format/numbers.tsx';
import { FormDialog, type FormField, type FormValues } from '../../parts/form-dialog.tsx';
import { PeriodPicker, periodOf } from '../../parts/period-picker.tsx';
import { PagedTable } from '../../parts/table.tsx';
import { addressOf } from '../../routing.ts';
import type { Page, PageProps } from '../page.ts';

export const tenants: Page = {
  name: 'tenants',
  title: 'Tenants',
  isOffered: ({ readsPlatform }) => readsPlatform,
  Content: Tenants,
};

type Row = TenantUsagesQuery['allUsage']['tenants']['edges'][number]['node'];

const fields = (tenant?: Row['tenant']): FormField[] => [
  { name: 'name', label: 'Name', isRequired: true, value: tenant?.name ?? '' },
  {
    name: 'timezone',
    label: 'Time zone',
    isRequired: true,
    value: tenant?.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    hint: 'Its days and budgets begin at midnight there, such as Europe/Berlin.',
  },
];

function Tenants({ caller, params, reloadCaller }: PageProps) {
  const period = periodOf(params);
  const pages = usePages(TenantUsagesDocument, { period }, (data) => data.allUsage.tenants);
  const total = pages.first?.allUsage.total;
  const reload = () => {
    pages.reload();
    reloadCaller();
  };
  const create = async ({ id = '', name = '', timezone = '' }: FormValues) => {
    await ask(CreateTenantDocument, { input: { id, name, timezone } });
    reload();
  };
  const update = async (id: string, { name = '', timezone = '' }: FormValues) => {
    await ask(UpdateTenantDocument, { id, input: { name, timezone } });
    reload();
  };
  const remove = async (id: string) => {
    await ask(DeleteTenantDocument, { id });
    reload();
  };
  const impersonate = async (tenantId: string, { reason = '', minutes = '30' }: FormValues) => {
    const { startImpersonation } = await ask(StartImpersonationDocument, {
      tenantId,
      reason,
      minutes: Number(minutes),
    });
    const session = currentSession();
    if (session && startImpersonation.token) {
      location.hash = addressOf('overview', {});
      startSession({ ...session, impersonation: startImpersonation.token });
    }
  };
  const changes = ({ tenant }: Row) => (
    <div class="row">
      <FormDialog
        button="Change"
        title={`Change ${tenant.name}`}
        action="Save"
        fields={fields(tenant)}
        submit={(values) => update(tenant.id, values)}
      />
      <FormDialog
        button="See as its admin"
        title={`See what an admin of ${tenant.name} can read`}
        action="Start"
        explanation="Nothing can be changed meanwhile, and everything that is read is in the tenant's audit."
        fields={[
          { name: 'reason', label: 'Reason', isRequired: true },
          {
            name: 'minutes',
            label: 'For',
            options: { 15: '15 minutes', 30: '30 minutes', 60: 'an hour' },
            value: '30',
          },
        ]}
        submit={(values) => impersonate(tenant.id, values)}
      />
      <FormDialog
        button="Delete"
        title={`Delete ${tenant.name}`}
        action="Delete the tenant"
        isDangerous
        explanation="Its agents, keys, invitations and prices go with it. A tenant that has calls cannot be deleted."
        fields={[]}
        submit={() => remove(tenant.id)}
      />
    </div>
  );
  return (
    <>
      <div class="controls">
        <PeriodPicker period={period} />
        {caller.isSuperuser && (
          <FormDialog
            button="Create a tenant"
            title="Create a tenant"
            action="Create"
            fields={[{ name: 'id', label: 'Id', isRequired: true, hint: 'It cannot be changed later.' }, ...fields()]}
            submit={create}
          />
        )}
      </div>
      {total && (
        <p>
          All tenants: <Whole value={total.totalCalls} /> calls, <Usd value={total.totalCostUsd} />
        </p>
      )}
      <PagedTable
        of={pages}
        caption="Tenants"
        empty="There is no tenant yet."
        keyOf={({ tenant }) => tenant.id}
        columns={[
          {
            name: 'Tenant',
            cell: ({ tenant }: Row) => <a href={addressOf('overview', { tenant: tenant.id, period })}>{tenant.name}</a>,
          },
          { name: 'Id', cell: ({ tenant }: Row) => tenant.id },
          { name: 'Time zone', cell: ({ tenant }: Row) => tenant.timezone },
          { name: 'Calls', isNumber: true, cell: ({ stats }: Row) => <Whole value={stats.totalCalls} /> },
          { name: 'Cost', isNumber: true, cell: ({ stats }: Row) => <Usd value={stats.totalCostUsd} /> },
          ...(caller.isSuperuser ? [{ name: 'Changes', cell: changes }] : []),
        ]}
      />
    </>
  );
}
