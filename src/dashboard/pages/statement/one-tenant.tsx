import { ask } from '../../api/ask.ts';
import { useQuery } from '../../api/use-query.ts';
import {
  CloseStatementDocument,
  MonthByGroupDocument,
  StatementDocument,
  type MonthlyStatementFragment,
} from '../../gql/graphql.ts';
import { Whole } from '../../format/numbers.tsx';
import { Time } from '../../format/times.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { Loaded } from '../../parts/notices.tsx';
import { Table } from '../../parts/table.tsx';
import type { TenantName } from '../../caller.ts';
import { toCsv } from '../explore/csv.ts';
import { groupByOf } from '../explore/dimensions.ts';
import { saveCsv } from '../explore/save-csv.ts';
import { firstDateOf, formatMonth, type Month } from './months.ts';
import { Actions, ExactUsd, Grouped, nameOfGroup, StatedTable } from './stated.tsx';

type Statement = MonthlyStatementFragment;

/** The statement of a tenant's month, or its calls by something else than their models. */
export function OneTenant({
  tenant,
  month,
  by,
  mayClose,
}: {
  tenant: TenantName;
  month: Month;
  by: string;
  mayClose: boolean;
}) {
  const found = useQuery(StatementDocument, { tenantId: tenant.id, month: firstDateOf(month) });
  const close = async () => {
    await ask(CloseStatementDocument, { tenantId: tenant.id, month: firstDateOf(month) });
    found.reload();
  };
  return (
    <Loaded of={found}>
      {({ statement }) => (
        <>
          <h2>
            {tenant.name}, {formatMonth(month)}
          </h2>
          <Sums statement={statement} timeZone={tenant.timezone} />
          {mayClose && statement.closedAt === null && Date.parse(statement.to) <= Date.now() && (
            <p>
              <FormDialog
                button="Close this month"
                title={`Close ${formatMonth(month)} of ${tenant.name}`}
                action="Close the month"
                explanation="Its statement then stays as it is, and cannot be opened again. Calls that still come, voids and repricing are adjustments in the month in which they happen. Wait until all calls have come."
                fields={[]}
                submit={close}
              />
            </p>
          )}
          {by === 'MODEL' ? (
            <Lines statement={statement} timeZone={tenant.timezone} />
          ) : (
            <ByGroup tenantId={tenant.id} statement={statement} by={by} />
          )}
        </>
      )}
    </Loaded>
  );
}

const Sums = ({ statement, timeZone }: { statement: Statement; timeZone: string }) => (
  <dl class="facts">
    <dt>State</dt>
    <dd>
      {statement.closedAt === null ? (
        'Open: as it is now'
      ) : (
        <>
          Closed on <Time at={statement.closedAt} timeZone={timeZone} />
        </>
      )}
    </dd>
    <dt>From</dt>
    <dd>
      <Time at={statement.from} timeZone={timeZone} />, {timeZone}
    </dd>
    <dt>Until</dt>
    <dd>
      <Time at={statement.to} timeZone={timeZone} />
    </dd>
    <dt>Calls of the month</dt>
    <dd>
      <ExactUsd value={statement.totals.totalCostUsd} />
    </dd>
    <dt>Adjustments</dt>
    <dd>
      <ExactUsd value={statement.adjustedUsd} />
    </dd>
    <dt>Total</dt>
    <dd>
      <strong>
        <ExactUsd value={statement.totalUsd} />
      </strong>
    </dd>
  </dl>
);

function Lines({ statement, timeZone }: { statement: Statement; timeZone: string }) {
  const { lines, adjustments, totals } = statement;
  const rows = lines.map(({ provider, model, stats }) => ({
    key: JSON.stringify([provider, model]),
    names: [provider, model],
    stats,
  }));
  return (
    <>
      {lines.length === 0 ? (
        <p class="empty">The month has no calls.</p>
      ) : (
        <StatedTable caption="By model" headings={['Provider', 'Model']} rows={rows} totals={totals} />
      )}
      <h2>Adjustments</h2>
      {adjustments.length === 0 ? (
        <p class="empty">Nothing changed in this month of months closed before.</p>
      ) : (
        <Table
          caption="Adjustments"
          rows={adjustments}
          keyOf={({ month, provider, model, reason }) => JSON.stringify([month, provider, model, reason])}
          columns={[
            { name: 'Closed month', cell: ({ month }) => formatMonth(month.slice(0, '2026-04'.length)) },
            { name: 'Provider', cell: ({ provider }) => provider },
            { name: 'Model', cell: ({ model }) => model },
            { name: 'Reason', cell: ({ reason }) => reason },
            { name: 'Calls', isNumber: true, cell: ({ calls }) => <Whole value={calls} /> },
            { name: 'Cost', isNumber: true, cell: ({ costUsd }) => <ExactUsd value={costUsd} /> },
            { name: 'Last on', cell: ({ at }) => <Time at={at} timeZone={timeZone} /> },
          ]}
        />
      )}
      <Actions save={() => saveCsv(`statement-${statement.month}.csv`, csvOf(statement))} />
    </>
  );
}

/** A line for each model and each adjustment, whose costs add up to the total. */
function csvOf({ month, lines, adjustments }: Statement): string {
  const header = ['Kind', 'Month', 'Provider', 'Model', 'Reason', 'Calls', 'Cost in USD'];
  return toCsv(
    header,
    [
      ...lines.map(({ provider, model, stats }) => [
        'calls',
        month,
        provider,
        model,
        '',
        String(stats.totalCalls),
        stats.totalCostUsd,
      ]),
      ...adjustments.map(({ month: closed, provider, model, reason, calls, costUsd }) => [
        'adjustment',
        closed,
        provider,
        model,
        reason,
        String(calls),
        costUsd,
      ]),
    ],
    5,
  );
}

function ByGroup({ tenantId, statement, by }: { tenantId: string; statement: Statement; by: string }) {
  const { from, to } = statement;
  const report = useQuery(MonthByGroupDocument, { tenantId, from, to, by: [groupByOf(by) ?? { dimension: 'MODEL' }] });
  return (
    <>
      <p class="quiet">
        By {nameOfGroup(by).toLowerCase()} as the report has it now.
        {statement.closedAt !== null &&
          ' What changed since the month was closed is in it; the statement by model has what was closed.'}
      </p>
      <Loaded of={report}>
        {({ usage }) => <Grouped by={by} month={statement.month} groups={usage.groups} totals={usage.totals} />}
      </Loaded>
    </>
  );
}
