import { Big } from 'big.js';

/**
 * What FOCUS 1.2 asks of a row, from the specification's own files at its tag v1.2 (FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec):
 * columns, their feature levels, types and nulls from specification/columns, formats from specification/attributes.
 */
interface ColumnRule {
  level: 'Mandatory' | 'Conditional' | 'Recommended';
  nullable: boolean;
  type: 'String' | 'Decimal' | 'Date/Time' | 'JSON';
  format?: 'numeric' | 'time' | 'currency' | 'unit' | 'key-value';
}

export const columnRules: Readonly<Record<string, ColumnRule>> = {
  AvailabilityZone: { level: 'Recommended', nullable: true, type: 'String' },
  BilledCost: { level: 'Mandatory', nullable: false, type: 'Decimal', format: 'numeric' },
  BillingAccountId: { level: 'Mandatory', nullable: false, type: 'String' },
  BillingAccountName: { level: 'Mandatory', nullable: true, type: 'String' },
  BillingAccountType: { level: 'Conditional', nullable: false, type: 'String' },
  BillingCurrency: { level: 'Mandatory', nullable: false, type: 'String', format: 'currency' },
  BillingPeriodEnd: { level: 'Mandatory', nullable: false, type: 'Date/Time', format: 'time' },
  BillingPeriodStart: { level: 'Mandatory', nullable: false, type: 'Date/Time', format: 'time' },
  CapacityReservationId: { level: 'Conditional', nullable: true, type: 'String' },
  CapacityReservationStatus: { level: 'Conditional', nullable: true, type: 'String' },
  ChargeCategory: { level: 'Mandatory', nullable: false, type: 'String' },
  ChargeClass: { level: 'Mandatory', nullable: true, type: 'String' },
  ChargeDescription: { level: 'Mandatory', nullable: true, type: 'String' },
  ChargeFrequency: { level: 'Recommended', nullable: false, type: 'String' },
  ChargePeriodEnd: { level: 'Mandatory', nullable: false, type: 'Date/Time', format: 'time' },
  ChargePeriodStart: { level: 'Mandatory', nullable: false, type: 'Date/Time', format: 'time' },
  CommitmentDiscountCategory: { level: 'Conditional', nullable: true, type: 'String' },
  CommitmentDiscountId: { level: 'Conditional', nullable: true, type: 'String' },
  CommitmentDiscountName: { level: 'Conditional', nullable: true, type: 'String' },
  CommitmentDiscountQuantity: { level: 'Conditional', nullable: true, type: 'Decimal', format: 'numeric' },
  CommitmentDiscountStatus: { level: 'Conditional', nullable: true, type: 'String' },
  CommitmentDiscountType: { level: 'Conditional', nullable: true, type: 'String' },
  CommitmentDiscountUnit: { level: 'Conditional', nullable: true, type: 'String', format: 'unit' },
  ConsumedQuantity: { level: 'Conditional', nullable: true, type: 'Decimal', format: 'numeric' },
  ConsumedUnit: { level: 'Conditional', nullable: true, type: 'String', format: 'unit' },
  ContractedCost: { level: 'Mandatory', nullable: false, type: 'Decimal', format: 'numeric' },
  ContractedUnitPrice: { level: 'Conditional', nullable: true, type: 'Decimal', format: 'numeric' },
  EffectiveCost: { level: 'Mandatory', nullable: false, type: 'Decimal', format: 'numeric' },
  InvoiceId: { level: 'Recommended', nullable: true, type: 'String' },
  InvoiceIssuerName: { level: 'Mandatory', nullable: false, type: 'String' },
  ListCost: { level: 'Mandatory', nullable: false, type: 'Decimal', format: 'numeric' },
  ListUnitPrice: { level: 'Conditional', nullable: true, type: 'Decimal', format: 'numeric' },
  PricingCategory: { level: 'Conditional', nullable: true, type: 'String' },
  PricingCurrency: { level: 'Conditional', nullable: true, type: 'String', format: 'currency' },
  PricingCurrencyContractedUnitPrice: { level: 'Conditional', nullable: true, type: 'Decimal', format: 'numeric' },
  PricingCurrencyEffectiveCost: { level: 'Conditional', nullable: true, type: 'Decimal', format: 'numeric' },
  PricingCurrencyListUnitPrice: { level: 'Conditional', nullable: true, type: 'Decimal', format: 'numeric' },
  PricingQuantity: { level: 'Mandatory', nullable: true, type: 'Decimal', format: 'numeric' },
  PricingUnit: { level: 'Mandatory', nullable: true, type: 'String', format: 'unit' },
  ProviderName: { level: 'Mandatory', nullable: false, type: 'String' },
  PublisherName: { level: 'Mandatory', nullable: false, type: 'String' },
  RegionId: { level: 'Conditional', nullable: true, type: 'String' },
  RegionName: { level: 'Conditional', nullable: true, type: 'String' },
  ResourceId: { level: 'Conditional', nullable: true, type: 'String' },
  ResourceName: { level: 'Conditional', nullable: true, type: 'String' },
  ResourceType: { level: 'Conditional', nullable: true, type: 'String' },
  ServiceCategory: { level: 'Mandatory', nullable: false, type: 'String' },
  ServiceName: { level: 'Mandatory', nullable: false, type: 'String' },
  ServiceSubcategory: { level: 'Recommended', nullable: false, type: 'String' },
  SkuId: { level: 'Conditional', nullable: true, type: 'String' },
  SkuMeter: { level: 'Conditional', nullable: true, type: 'String' },
  SkuPriceDetails: { level: 'Conditional', nullable: true, type: 'JSON', format: 'key-value' },
  SkuPriceId: { level: 'Conditional', nullable: true, type: 'String' },
  SubAccountId: { level: 'Conditional', nullable: true, type: 'String' },
  SubAccountName: { level: 'Conditional', nullable: true, type: 'String' },
  SubAccountType: { level: 'Conditional', nullable: true, type: 'String' },
  Tags: { level: 'Conditional', nullable: true, type: 'JSON', format: 'key-value' },
};

const allowed: Readonly<Record<string, readonly string[]>> = {
  ChargeCategory: ['Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment'],
  ChargeClass: ['Correction'],
  ChargeFrequency: ['One-Time', 'Recurring', 'Usage-Based'],
  PricingCategory: ['Standard', 'Dynamic', 'Committed', 'Other'],
  // Those of the category that the gateway writes.
  ServiceCategory: ['AI and Machine Learning'],
  ServiceSubcategory: [
    'AI Platforms',
    'Bots',
    'Generative AI',
    'Machine Learning',
    'Natural Language Processing',
    'Other (AI and Machine Learning)',
  ],
};

const formats: Readonly<Record<NonNullable<ColumnRule['format']>, RegExp>> = {
  // attributes/numeric_format.md: no sign but a minus, no commas, exponents without a plus.
  numeric: /^-?\d+(\.\d+)?(E-?\d+)?$/,
  // attributes/datetime_format.md: UTC, to the second, with T and Z.
  time: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/,
  // attributes/currency_format.md: ISO 4217.
  currency: /^[A-Z]{3}$/,
  // attributes/unit_format.md: plural and capitalized, with a quantity or an interval where need be.
  unit: /^(\d+ )?[A-Z][\p{L}\d]*( [\p{L}\d]+)*(\/[A-Z]\w*)?$/u,
  'key-value': /^\{.*\}$/s,
};

/** A row as a file has it; null for none. */
export type FocusRow = Readonly<Record<string, string | null>>;

/** Rules between columns, each from the file of the column that it begins with. */
const rowRules: readonly { rule: string; holds: (row: FocusRow) => boolean }[] = [
  {
    rule: 'ChargeClass MUST be null when the row does not represent a correction',
    holds: ({ ChargeClass }) => ChargeClass === null,
  },
  {
    rule: 'PricingQuantity MUST NOT be null when ChargeCategory is "Usage" and ChargeClass is not "Correction"',
    holds: ({ ChargeCategory, PricingQuantity }) => ChargeCategory !== 'Usage' || PricingQuantity !== null,
  },
  {
    rule: 'PricingUnit MUST be null when PricingQuantity is null, and MUST NOT be otherwise',
    holds: ({ PricingUnit, PricingQuantity }) => (PricingUnit === null) === (PricingQuantity === null),
  },
  {
    rule: 'PricingCategory MUST NOT be null when ChargeCategory is "Usage" and ChargeClass is not "Correction"',
    holds: ({ ChargeCategory, PricingCategory }) => ChargeCategory !== 'Usage' || PricingCategory !== null,
  },
  {
    rule: 'ConsumedQuantity MUST be null when ChargeCategory is not "Usage", and MUST NOT be otherwise',
    holds: ({ ChargeCategory, ConsumedQuantity }) => (ChargeCategory === 'Usage') === (ConsumedQuantity !== null),
  },
  {
    rule: 'ConsumedUnit MUST be null when ConsumedQuantity is null, and MUST NOT be otherwise',
    holds: ({ ConsumedUnit, ConsumedQuantity }) => (ConsumedUnit === null) === (ConsumedQuantity === null),
  },
  {
    rule: 'ContractedCost MUST match the BilledCost when there is no ContractedUnitPrice',
    holds: ({ ContractedCost, BilledCost }) => ContractedCost === BilledCost,
  },
  {
    rule: 'ListCost MUST match the BilledCost when there is no ListUnitPrice',
    holds: ({ ListCost, BilledCost }) => ListCost === BilledCost,
  },
  {
    rule: 'SkuId MUST NOT be null when ChargeCategory is "Usage"; SkuMeter SHOULD NOT be null when SkuId is not null',
    holds: ({ SkuId, SkuMeter }) => SkuId !== null && SkuMeter !== null,
  },
  {
    rule: 'ChargePeriodStart is before ChargePeriodEnd and within the billing period',
    holds: ({ ChargePeriodStart, ChargePeriodEnd, BillingPeriodStart, BillingPeriodEnd }) => {
      const ms = (text: string | null | undefined) => Date.parse(text ?? '');
      return (
        ms(ChargePeriodStart) < ms(ChargePeriodEnd) &&
        ms(BillingPeriodStart) <= ms(ChargePeriodStart) &&
        ms(ChargePeriodEnd) <= ms(BillingPeriodEnd)
      );
    },
  },
  {
    rule: 'Values of Key-Value columns MUST be numbers, strings, true, false or null',
    holds: ({ Tags }) =>
      Tags === null ||
      Tags === undefined ||
      Object.values(JSON.parse(Tags)).every((value) => value === null || typeof value !== 'object'),
  },
];

/** Every rule that the columns and rows of a file break, in words. */
export function brokenRules(columns: readonly string[], rows: readonly FocusRow[]): string[] {
  const missing = Object.entries(columnRules)
    .filter(([name, { level }]) => level === 'Mandatory' && !columns.includes(name))
    .map(([name]) => `${name} MUST be present`);
  const own = columns.filter((name) => !Object.hasOwn(columnRules, name));
  const names = [
    ...own.filter((name) => !/^x_[A-Z][A-Za-z0-9]*$/.test(name)).map((name) => `${name} MUST begin with x_`),
    ...(columns.findIndex((name) => own.includes(name)) + own.length === columns.length
      ? []
      : ['Custom columns SHOULD be last']),
  ];
  const cells = rows.flatMap((row) => columns.flatMap((name) => brokenBy(name, row[name] ?? null)));
  const between = rows.flatMap((row) => rowRules.filter(({ holds }) => !holds(row)).map(({ rule }) => rule));
  return [...new Set([...missing, ...names, ...cells, ...between])];
}

function brokenBy(name: string, value: string | null): string[] {
  const rule = columnRules[name];
  if (value === null) return rule && !rule.nullable ? [`${name} MUST NOT be null`] : [];
  if (value.trim() === '') return [`${name} SHOULD NOT be blank`];
  if (!rule) return [];
  const format = rule.format && formats[rule.format];
  return [
    ...(format && !format.test(value) ? [`${name} MUST conform to the ${rule.format} format: ${value}`] : []),
    ...(allowed[name] && !allowed[name].includes(value) ? [`${name} MUST be an allowed value: ${value}`] : []),
    ...(rule.type === 'Decimal' && !isDecimal(value) ? [`${name} MUST be a decimal: ${value}`] : []),
  ];
}

function isDecimal(value: string): boolean {
  try {
    return new Big(value).toFixed() !== '';
  } catch {
    return false;
  }
}
