import { ask } from '../../api/ask.ts';
import { usePages } from '../../api/use-pages.ts';
import {
  CataloguePricesDocument,
  OwnPricesDocument,
  SetPriceDocument,
  type CataloguePricesQuery,
  type OwnPricesQuery,
} from '../../gql/graphql.ts';
import { formatExactUsd, Or, type Decimal } from '../../format/numbers.tsx';
import { Time } from '../../format/times.tsx';
import { FormDialog, type FormValues } from '../../parts/form-dialog.tsx';
import { PagedTable } from '../../parts/table.tsx';
import { TextChoice } from '../../parts/text-choice.tsx';
import { changeParams } from '../../routing.ts';
import type { Page, PageProps } from '../page.ts';

export const prices: Page = {
  name: 'prices',
  title: 'Prices',
  isOffered: ({ readsUsage }) => readsUsage,
  Content: Prices,
};

type OwnPrice = OwnPricesQuery['modelPrices']['edges'][number]['node'];
type PublicPrice = CataloguePricesQuery['cataloguePrices']['edges'][number]['node'];
type Rates = Pick<
  PublicPrice,
  'inputUsdPerMillion' | 'cachedInputUsdPerMillion' | 'cacheWriteUsdPerMillion' | 'outputUsdPerMillion'
>;

const rate = (value: Decimal | null) => (
  <Or none="no price">{value === null ? null : <data value={value}>{formatExactUsd(value)}</data>}</Or>
);

const rateColumns = [
  { name: 'Input', isNumber: true, cell: ({ inputUsdPerMillion }: Rates) => rate(inputUsdPerMillion) },
  {
    name: 'Cached input',
    isNumber: true,
    cell: ({ cachedInputUsdPerMillion }: Rates) => rate(cachedInputUsdPerMillion),
  },
  { name: 'Cache write', isNumber: true, cell: ({ cacheWriteUsdPerMillion }: Rates) => rate(cacheWriteUsdPerMillion) },
  { name: 'Output', isNumber: true, cell: ({ outputUsdPerMillion }: Rates) => rate(outputUsdPerMillion) },
];

const tenantsOwn = 'tenant';

function Prices({ caller, tenant, params }: PageProps) {
  const own = usePages(OwnPricesDocument, { tenantId: tenant.id }, (data) => data.modelPrices);
  const search = params.get('search') ?? '';
  const catalogue = usePages(CataloguePricesDocument, { search: search || null }, (data) => data.cataloguePrices);
  const set = async ({
    provider = '',
    model = '',
    input = '',
    output = '',
    cached,
    written,
    from,
    whose,
  }: FormValues) => {
    // The gateway reads amounts as they were typed, and says which is none.
    const amount = (text: string | undefined) => (text ? (text as Decimal) : null);
    await ask(SetPriceDocument, {
      tenantId: whose === 'platform' ? null : tenant.id,
      input: {
        provider,
        model,
        inputUsdPerMillion: input as Decimal,
        outputUsdPerMillion: output as Decimal,
        cachedInputUsdPerMillion: amount(cached),
        cacheWriteUsdPerMillion: amount(written),
        effectiveFrom: from ? new Date(from).toISOString() : null,
      },
    });
    own.reload();
  };
  return (
    <>
      <p class="quiet">All prices are in USD per million tokens.</p>
      <h2>Own prices</h2>
      {caller.administers && (
        <p>
          <FormDialog
            button="Set a price"
            title="Set a price"
            action="Set the price"
            explanation="It ends the price that applies until then. Recorded calls keep their cost."
            fields={[
              ...(caller.isSuperuser
                ? [{ name: 'whose', label: 'For', options: { [tenantsOwn]: tenant.name, platform: 'All tenants' } }]
                : []),
              { name: 'provider', label: 'Provider', isRequired: true },
              { name: 'model', label: 'Model', isRequired: true, hint: '“*” stands for any letters.' },
              { name: 'input', label: 'Input', type: 'number', isRequired: true },
              { name: 'output', label: 'Output', type: 'number', isRequired: true },
              { name: 'cached', label: 'Cached input', type: 'number', hint: 'As input when left empty.' },
              { name: 'written', label: 'Cache write', type: 'number', hint: 'As input when left empty.' },
              { name: 'from', label: 'From, on your clock', type: 'datetime-local', hint: 'Now when left empty.' },
            ]}
            submit={set}
          />
        </p>
      )}
      <PagedTable
        of={own}
        caption="Own prices"
        empty="No price is set. Calls without a cost are priced from the catalogue below."
        keyOf={({ id }) => id}
        columns={[
          { name: 'Provider', cell: ({ provider }: OwnPrice) => provider },
          { name: 'Model', cell: ({ model }: OwnPrice) => model },
          { name: 'Tier', cell: ({ serviceTier }: OwnPrice) => serviceTier },
          { name: 'For', cell: ({ source }: OwnPrice) => (source === 'TENANT_PRICE' ? tenant.name : 'all tenants') },
          ...rateColumns,
          {
            name: 'From',
            cell: ({ effectiveFrom }: OwnPrice) => <Time at={effectiveFrom} timeZone={tenant.timezone} />,
          },
          {
            name: 'Until',
            cell: ({ effectiveTo }: OwnPrice) => (
              <Or none="no end">{effectiveTo && <Time at={effectiveTo} timeZone={tenant.timezone} />}</Or>
            ),
          },
        ]}
      />
      <h2>Catalogue</h2>
      <div class="controls">
        <TextChoice label="Models with" value={search} choose={(text) => changeParams({ search: text })} />
      </div>
      <PagedTable
        of={catalogue}
        caption="Catalogue"
        empty="The catalogue has no such model. Set a price of your own for it."
        keyOf={({ provider, model }) => `${provider} ${model}`}
        columns={[
          { name: 'Provider', cell: ({ provider }: PublicPrice) => provider },
          { name: 'Model', cell: ({ model }: PublicPrice) => model },
          ...rateColumns,
        ]}
      />
    </>
  );
}
