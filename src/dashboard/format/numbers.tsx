import type { ComponentChildren } from 'preact';

/** An exact decimal, as the gateway sends it. */
export type Decimal = `${number}`;

const locale = [...navigator.languages];
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
const change = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1, signDisplay: 'exceptZero' });
const compactUsd = new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD', notation: 'compact' });
const usd = (digits: number) =>
  new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD', maximumFractionDigits: digits });
const usdOfDollars = usd(2);
const usdOfFractions = usd(6);
const exactUsd = usd(24);

export const formatWhole = (value: number): string => whole.format(value);
export const formatCompact = (value: number): string => compact.format(value);
export const formatShare = (share: number): string => percent.format(share);
/** How much larger a value is than before: "+12.5 %". Undefined when there is nothing to compare with. */
export const formatChange = (now: number, before: number): string | undefined =>
  before === 0 ? undefined : change.format(now / before - 1);
export const formatMs = (ms: number): string =>
  ms < 10_000
    ? `${whole.format(ms)} ms`
    : `${new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(ms / 1000)} s`;
/** For the axis of a chart. */
export const formatCompactUsd = (value: number): string => compactUsd.format(value);

/** To cents, or to millionths below a dollar. Rounded as a decimal, never by way of a float. */
export const formatUsd = (value: Decimal): string =>
  (/^-?0(\.|$)/.test(value) ? usdOfFractions : usdOfDollars).format(value);
/** With every digit. */
export const formatExactUsd = (value: Decimal): string => exactUsd.format(value);

/** An amount that is read to the cent; its value, which pointing at it shows, has every digit. */
export const Usd = ({ value }: { value: Decimal }) => (
  <data class="number" value={value} title={formatExactUsd(value)}>
    {formatUsd(value)}
  </data>
);

export const Whole = ({ value }: { value: number }) => (
  <data class="number" value={String(value)}>
    {formatWhole(value)}
  </data>
);

/** What is there, or a dash that is read out as what its absence means. */
export const Or = ({ none, children }: { none: string; children: ComponentChildren }) =>
  children === null || children === undefined || children === '' ? (
    <span class="none" title={none}>
      –<span class="unseen"> {none}</span>
    </span>
  ) : (
    <>{children}</>
  );
