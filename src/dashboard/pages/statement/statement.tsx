import { useQuery } from '../../api/use-query.ts';
import { TagNamesDocument } from '../../gql/graphql.ts';
import { Choice } from '../../parts/choice.tsx';
import { changeParams } from '../../routing.ts';
import { groupByOf, keyOfTag, nameOfKey } from '../explore/dimensions.ts';
import type { Page, PageProps } from '../page.ts';
import { AllTenants } from './all-tenants.tsx';
import { monthNow, monthOf, monthOptions } from './months.ts';
import { OneTenant } from './one-tenant.tsx';

export const statement: Page = {
  name: 'statement',
  title: 'Statement',
  isOffered: ({ readsUsage }) => readsUsage,
  Content: Statement,
};

/** What the address has for all tenants. */
const everybody = 'all';

function Statement({ caller, tenant, params }: PageProps) {
  const running = monthNow(tenant.timezone);
  const month = monthOf(params, running);
  const ofAll = caller.readsPlatform && params.get('of') === everybody;
  const { data } = useQuery(TagNamesDocument, { tenantId: tenant.id, first: 200 });
  const keys: Record<string, string> = {};
  for (const key of ['MODEL', 'AGENT']) keys[key] = nameOfKey(key);
  for (const { node } of data?.tags.edges ?? []) keys[keyOfTag(node.name)] = nameOfKey(keyOfTag(node.name));
  const asked = params.get('by') ?? '';
  const known = ofAll && asked === 'TENANT' ? true : groupByOf(asked) !== undefined;
  const by = known ? asked : 'MODEL';
  if (known && asked !== 'TENANT') keys[by] = nameOfKey(by);
  return (
    <>
      <div class="controls">
        <Choice
          label="Month"
          value={month}
          options={monthOptions(running, month)}
          choose={(chosen) => changeParams({ month: chosen })}
        />
        {caller.readsPlatform && (
          <Choice
            label="Of"
            value={ofAll ? everybody : ''}
            options={{ '': tenant.name, [everybody]: 'All tenants' }}
            choose={(of) => changeParams({ of, by: '' })}
          />
        )}
        <Choice
          label="By"
          value={by}
          options={ofAll ? { TENANT: 'Tenant', ...keys } : keys}
          choose={(chosen) => changeParams({ by: chosen })}
        />
      </div>
      {ofAll ? (
        <AllTenants key={`${month} ${by}`} month={month} by={by} />
      ) : (
        <OneTenant key={`${month} ${by}`} tenant={tenant} month={month} by={by} mayClose={caller.administers} />
      )}
    </>
  );
}
