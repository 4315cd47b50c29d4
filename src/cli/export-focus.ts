import type { Writable } from 'node:stream';
import { findTenants } from '../tenancy/tenant.repository.ts';
import { exportFocus } from '../transfer/focus/export-focus.ts';
import { planFocus, type FocusOptions } from '../transfer/focus/plan.ts';
import { formatCount } from '../transfer/import/progress.ts';
import { systemClock } from '../values/clock.ts';
import { OperatorError } from '../values/errors.ts';
import { tenantsOf } from './tenants-of.ts';
import { outputProblem, writeWhole } from './whole-file.ts';
import { withDatabase } from './with-database.ts';

export interface FocusCommandOptions extends FocusOptions {
  /** All tenants when left out. */
  tenant?: string;
}

/** `export --format focus`: writes what calls cost, for finance teams. */
export async function runFocus({ tenant, ...options }: FocusCommandOptions, signal: AbortSignal): Promise<void> {
  // Before a database is opened or even created in vain.
  const { output } = planFocus(options, systemClock());
  const problem = output === undefined ? undefined : await outputProblem(output);
  if (problem) throw new OperatorError(`--output: ${problem}`);
  await withDatabase(async (orm, clock) => {
    const plan = planFocus(options, clock());
    const startedMs = performance.now();
    const ids = await tenantsOf(orm, tenant);
    const found = ids.length > 0 ? await findTenants(orm.em.fork(), ids) : [];
    const tenants = found.toSorted((one, other) => (one.id < other.id ? -1 : 1));
    const write = (file: Writable) => exportFocus(orm.em.fork(), plan, { tenants, output: file, signal });
    const rows = await (output === undefined ? write(process.stdout) : writeWhole(output, write));
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    process.stderr.write(
      `exported ${formatCount(rows)} charges of ${formatCount(tenants.length)} tenant${tenants.length === 1 ? '' : 's'} in ${seconds} s\n`,
    );
  });
}
