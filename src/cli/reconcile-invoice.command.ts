import { Command, Option } from 'commander';
import type { Comparison, Reason } from '../transfer/invoice/compare-bill.ts';
import { withoutModel } from '../transfer/invoice/model-key.ts';
import { readBill } from '../transfer/invoice/read-bill.ts';
import { readUsageExport, usageProviders } from '../transfer/invoice/read-usage.ts';
import { reconcileInvoice, totals } from '../transfer/invoice/reconcile-invoice.ts';
import { formatCount } from '../transfer/import/progress.ts';
import { OperatorError } from '../values/errors.ts';
import { formatDecimal } from '../values/money.ts';
import { tenantsOf } from './tenants-of.ts';
import { withDatabase } from './with-database.ts';

const exitCodes = { differing: 1 };
/** Signs behind the point that people are shown; the comparison itself is exact. */
const shownDecimals = 6;

interface Options {
  provider: string;
  tenant?: string;
  usage?: string;
  all?: true;
}

/** `reconcile-invoice FILE`: says where a provider's bill and the ledger differ, and fails when they do. */
export const reconcileInvoiceCommand = (): Command =>
  new Command('reconcile-invoice')
    .description("compare a provider's bill with the ledger, by day and model, and print where they differ and by what")
    .argument('<file>', "OpenAI's or Anthropic's cost export, or CSV with the columns day, model and amount")
    .addOption(new Option('--provider <name>', 'whose bill it is, such as openai').makeOptionMandatory())
    .option('--tenant <id>', 'tenant whose calls the bill is for (default: all tenants)')
    .option(
      '--usage <file>',
      "the provider's usage export of the same days, which tells missing calls from other prices",
    )
    .option('--all', 'print days and models that agree as well')
    .addHelpText('after', '\nExit status: 0 where bill and ledger agree but for rounding, 1 where they differ.')
    .action(async (file: string, options: Options) => {
      const bill = await reading(() => readBill(file));
      const usage = options.usage === undefined ? undefined : await reading(() => usageOf(options));
      await withDatabase(async (orm) => {
        const tenants = await tenantsOf(orm, options.tenant);
        const { provider } = options;
        const comparisons = await reconcileInvoice(orm.em.fork(), { provider, tenants, bill, usage });
        const differing = comparisons.filter(({ reasons }) => reasons.some(({ kind }) => kind !== 'ROUNDING'));
        for (const comparison of options.all ? comparisons : differing)
          process.stdout.write(`${describe(comparison)}\n`);
        process.stdout.write(`${summary(comparisons, differing.length)}\n`);
        if (differing.length > 0) process.exitCode = exitCodes.differing;
      });
    });

function usageOf({ usage = '', provider }: Options) {
  const known = usageProviders.find((name) => name === provider.toLowerCase());
  if (!known) throw new OperatorError(`--usage: usage exports are known of ${usageProviders.join(' and ')}`);
  return readUsageExport(usage, known);
}

/** What cannot be read is the operator's to fix. */
async function reading<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw new OperatorError(error.message);
    throw error;
  }
}

const usd = (amount: Comparison['billedUsd']) => formatDecimal(amount.round(shownDecimals));

function describe({ dayMs, model, billedUsd, recordedUsd, differenceUsd, calls, reasons }: Comparison): string {
  const day = new Date(dayMs).toISOString().slice(0, 10);
  const what = model === withoutModel ? 'without a model' : model;
  const agreement = `billed ${usd(billedUsd)}, recorded ${usd(recordedUsd)} for ${formatCount(calls)} calls`;
  if (reasons.length === 0) return `${day} ${what}: ${agreement}`;
  const by = `${usd(differenceUsd.abs())} ${differenceUsd.gt(0) ? 'more' : 'less'} billed`;
  return `${day} ${what}: ${agreement}; ${by}: ${reasons.map(reasonText).join(', ')}`;
}

function reasonText(reason: Reason): string {
  switch (reason.kind) {
    case 'NOT_RECORDED':
      return reason.tokens === undefined
        ? 'calls not recorded'
        : `calls not recorded (${formatCount(reason.tokens)} tokens)`;
    case 'NOT_BILLED':
      return 'recorded but not on the bill';
    case 'UNPRICED':
      return `${formatCount(reason.calls)} calls have no price`;
    case 'PRICE':
      return 'another price';
    case 'NOT_RECORDED_OR_PRICE':
      return 'calls not recorded or another price (--usage tells)';
    case 'ROUNDING':
      return 'rounding';
  }
}

function summary(comparisons: readonly Comparison[], differing: number): string {
  const { billedUsd, recordedUsd, differenceUsd } = totals(comparisons);
  return (
    `billed ${usd(billedUsd)} USD, recorded ${usd(recordedUsd)} USD, difference ${usd(differenceUsd)} USD; ` +
    `${formatCount(comparisons.length)} days and models compared, ${formatCount(differing)} differ`
  );
}
