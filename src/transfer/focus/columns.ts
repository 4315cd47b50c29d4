import { formatDecimal } from '../../values/money.ts';
import type { Charge } from './charges.ts';

/** A cell as FOCUS types it; a decimal is its plain text. */
export type Cell = string | Date | Readonly<Record<string, unknown>> | null;

export interface FocusColumn {
  name: string;
  /** `quantity` and `usd` are decimals. */
  type: 'text' | 'usd' | 'quantity' | 'time' | 'json';
  value: (charge: Charge) => Cell;
}

const text = (name: string, value: (charge: Charge) => string | null): FocusColumn => ({ name, type: 'text', value });
const usd = (name: string): FocusColumn => ({ name, type: 'usd', value: ({ costUsd }) => formatDecimal(costUsd) });
const quantity = (name: string): FocusColumn => ({
  name,
  type: 'quantity',
  value: ({ quantity }) => formatDecimal(quantity),
});
const time = (name: string, value: (charge: Charge) => Date): FocusColumn => ({ name, type: 'time', value });

const dayMs = 86_400_000;
const monthOf = (day: Date, later: number) => new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + later, 1));

/**
 * Columns of FOCUS 1.2, all mandatory ones and those of the others that the ledger knows; its own follow, beginning with
 * `x_`. Billed, effective, contracted and list cost are the same, as the gateway knows no contract besides the price.
 */
export const focusColumns: readonly FocusColumn[] = [
  usd('BilledCost'),
  text('BillingAccountId', ({ tenantId }) => tenantId),
  text('BillingAccountName', ({ tenantName }) => tenantName),
  text('BillingCurrency', () => 'USD'),
  time('BillingPeriodEnd', ({ day }) => monthOf(day, 1)),
  time('BillingPeriodStart', ({ day }) => monthOf(day, 0)),
  text('ChargeCategory', () => 'Usage'),
  text('ChargeClass', () => null),
  text('ChargeDescription', describe),
  text('ChargeFrequency', () => 'Usage-Based'),
  time('ChargePeriodEnd', ({ day }) => new Date(day.getTime() + dayMs)),
  time('ChargePeriodStart', ({ day }) => day),
  quantity('ConsumedQuantity'),
  text('ConsumedUnit', ({ meter }) => meter.unit),
  usd('ContractedCost'),
  usd('EffectiveCost'),
  text('InvoiceIssuerName', ({ provider }) => provider),
  usd('ListCost'),
  text('PricingCategory', ({ costSource }) => (costSource === 'UNPRICED' ? 'Other' : 'Standard')),
  quantity('PricingQuantity'),
  text('PricingUnit', ({ meter }) => meter.unit),
  text('ProviderName', ({ provider }) => provider),
  text('PublisherName', ({ provider }) => provider),
  text('ServiceCategory', () => 'AI and Machine Learning'),
  text('ServiceName', ({ provider }) => `${provider} API`),
  text('ServiceSubcategory', () => 'Generative AI'),
  text('SkuId', ({ provider, model, meter }) => `${provider}/${model}/${meter.name}`),
  text('SkuMeter', ({ meter }) => meter.label),
  { name: 'Tags', type: 'json', value: ({ tags }) => tags },
  text('x_CostSource', ({ costSource }) => costSource),
  text('x_Meter', ({ meter }) => meter.name),
  text('x_Model', ({ model }) => model),
];

function describe({ meter, model, costSource, costUsd }: Charge): string {
  if (costSource === 'UNPRICED') return `${meter.label} of ${model}, without a known price`;
  if (costSource === 'CALLER' && meter.name === 'requests') return `Cost of ${model} as it was recorded, in one number`;
  if (costSource === 'CALLER' || (meter.name === 'requests' && costUsd.eq(0)))
    return `${meter.label} of ${model}; their cost is in rows of its own`;
  return `${meter.label} of ${model}`;
}

/** A time as FOCUS writes it, to the second. */
export const timeText = (time: Date): string => time.toISOString().replace(/\.\d{3}Z$/, 'Z');
