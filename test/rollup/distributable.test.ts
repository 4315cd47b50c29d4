import { loadModule } from 'libpg-query';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { problemsOfTables } from '../support/distributable/catalog.ts';
import { distributedTables, isOfDistributedTables, problemsOf } from '../support/distributable/problems.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { useEverything } from './use-everything.ts';
import { asOwner } from '../support/as-owner.ts';

/** Statements that read a table as a whole, each with the reason why it may; the table has one small row a tenant. */
const wholeTables: [begin: string, problem: string, reason: string][] = [
  [
    'begin isolation level repeatable read read only; set local enable_seqscan = off; select mark.tenant_id, mark.levels',
    'reads rollup_mark of all tenants',
    'looks for tenants whose summaries lack something; what it looks at is tied to the mark',
  ],
  [
    'select tenant_id, extract(epoch from complete_from) * 1000 as ms from rollup_mark where complete_from is not null',
    'reads rollup_mark of all tenants',
    'looks for tenants whose calls have left the ledger',
  ],
];

const inOneLine = (text: string) => text.replaceAll(/--.*/g, '').replaceAll(/\s+/g, ' ').trim();

/** Names parameters of one value by one number: a tenant is written into a statement wherever it is named. */
const withOneNumberAValue = (text: string, values: unknown) =>
  text.replaceAll(/\$(\d+)/g, (_parameter, number: string) =>
    Array.isArray(values) ? `$${values.indexOf(values[Number(number) - 1]) + 1}` : `$${number}`,
  );

/** The text of every statement that is sent to the database while something is done. */
async function statementsOf(act: () => Promise<void>): Promise<string[]> {
  const texts = new Set<string>();
  const { query } = pg.Client.prototype;
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [config] = args;
    if (typeof config === 'string') texts.add(withOneNumberAValue(config, args[1]));
    else if (typeof config === 'object' && config && 'text' in config && 'values' in config)
      texts.add(withOneNumberAValue(String(config.text), config.values));
    return Reflect.apply(query, this, args);
  } as typeof query;
  try {
    await act();
  } finally {
    pg.Client.prototype.query = query;
  }
  return [...texts];
}

beforeAll(loadModule);

// Both databases are sent the same SQL, and the embedded one is always there.
describe('distribution by tenant', () => {
  let gateway: TestGateway;
  let statements: string[];

  beforeAll(async () => {
    gateway = await startTestGateway('embedded', { folding: false });
    statements = (await statementsOf(() => useEverything(gateway))).filter(isOfDistributedTables);
  }, 300_000);
  afterAll(() => gateway?.close());

  it('is looked for in statements of every kind', () => {
    const texts = statements.map(inOneLine);
    const writes = texts.flatMap((text) =>
      [...text.matchAll(/\b(?:insert into|update|delete from) \w+(?= as | stored | set | where | \()/g)].map(
        ([of]) => of,
      ),
    );
    expect([...new Set(writes)].toSorted()).toEqual([
      'delete from adjustment',
      'delete from agent',
      'delete from agent_summary',
      'delete from budget_counter',
      'delete from budget_event',
      'delete from budget_hold',
      'delete from detail_summary',
      'delete from model_summary',
      'delete from notification_delivery',
      'delete from reservation',
      'delete from span_link',
      'delete from statement_zone',
      'delete from tag_name',
      'delete from tag_summary',
      'delete from tag_value',
      'delete from tenant_summary',
      'delete from unfolded',
      'delete from user_summary',
      'insert into adjustment',
      'insert into agent',
      'insert into agent_summary',
      'insert into budget',
      'insert into budget_counter',
      'insert into budget_event',
      'insert into budget_hold',
      'insert into closed_month',
      'insert into cost_revision',
      'insert into detail_summary',
      'insert into kept_span',
      'insert into model_summary',
      'insert into notification_channel',
      'insert into notification_delivery',
      'insert into reprice_change',
      'insert into reprice_job',
      'insert into reservation',
      'insert into rollup_mark',
      'insert into span_link',
      'insert into statement_adjustment',
      'insert into statement_line',
      'insert into statement_zone',
      'insert into tag_name',
      'insert into tag_summary',
      'insert into tag_value',
      'insert into tenant',
      'insert into tenant_summary',
      'insert into unfolded',
      'insert into usage_call',
      'insert into user_summary',
      'update agent',
      'update budget',
      'update budget_hold',
      'update closed_month',
      'update kept_span',
      'update notification_channel',
      'update notification_delivery',
      'update reservation',
      'update rollup_mark',
      'update usage_call',
    ]);
    for (const table of distributedTables) {
      const read = new RegExp(`\\b(?:from|join) "?${table}\\b`);
      expect(texts.some((text) => read.test(text) && !text.startsWith('delete'))).toBe(true);
    }
    // Recording and voiding; reports of one tenant, of several and of all; the fold, and what voids do to summaries.
    const parts = [
      /^\/\* prepared \*\/ with existing/,
      /^with voided as \( update usage_call/,
      /from tenant_summary where tenant_summary.tenant_id = \$\d+ and/,
      /\) asked \(no, .* cross join lateral/,
      /from rollup_mark mark cross join/,
      /^with taken as materialized/,
      /^with counted as|^with waiting as/,
      /^delete from detail_summary stored using/,
    ];
    expect(parts.filter((part) => !texts.some((text) => part.test(text)))).toEqual([]);
  });

  it('holds for every one of them, but for what is excused', () => {
    const found = statements.flatMap((text) => problemsOf(text).map((problem) => ({ problem, text: inOneLine(text) })));
    const excused = wholeTables.map(([begin, problem]) =>
      found.filter((one) => one.text.startsWith(begin) && one.problem === problem),
    );
    expect(found.filter((one) => !excused.flat().includes(one))).toEqual([]);
    expect(excused.map((of) => of.length)).toEqual(wholeTables.map(() => 1));
  });

  it('needs no ids of transactions, which are those of one server', () => {
    expect(statements.filter((text) => /xact|xmin|xmax|\bxid|txid|advisory/.test(text))).toEqual([]);
  });

  it('holds for keys and references of the tables', async () => {
    expect(await problemsOfTables(gateway.database.orm)).toEqual([]);
  });

  it('is missed by a key or a reference without the tenant, and by a table that nobody thought of', async () => {
    const { orm } = gateway.database;
    const plant = async (statement: string, undo: string) => {
      await asOwner(orm, statement);
      onTestFinished(async () => void (await asOwner(orm, undo)));
    };
    await plant('create unique index planted_key on agent (agent_id)', 'drop index planted_key');
    await plant(
      'create table planted (tenant_id text, agent_id text constraint planted_reference references agent (agent_id))',
      'drop table planted',
    );
    expect(await problemsOfTables(orm)).toEqual([
      'planted is neither distributed nor a reference table',
      'planted_key is unique without tenant_id',
      'planted_reference refers to rows that may be those of other tenants',
    ]);
  });
});

describe('a statement', () => {
  it.each([
    ['a join', 'select from usage_call c join agent a on a.agent_id = c.agent_id where c.tenant_id = $1'],
    ['two parameters', 'select from usage_call c, agent a where c.tenant_id = $1 and a.tenant_id = $2'],
    ['several tenants', 'select from usage_call c, agent a where c.tenant_id = any($1) and a.tenant_id = any($1)'],
    [
      'a left join whose condition is of the left side',
      'select from usage_call c left join agent a on c.tenant_id = $1 and a.agent_id = c.agent_id',
    ],
    ['an alternative', 'select from usage_call c join agent a on a.tenant_id = c.tenant_id or a.agent_id = $1'],
    ['a negation', 'select from usage_call c join agent a on not (a.tenant_id = c.tenant_id)'],
    [
      'an equality of what there is not',
      `select from usage_call c, agent a where not exists (
         select from rollup_mark m where m.tenant_id = c.tenant_id and m.tenant_id = a.tenant_id)`,
    ],
    ['using', 'select from usage_call join agent using (agent_id) where usage_call.tenant_id = $1'],
  ])('that joins without the tenant is named: %s', (_what, text) => {
    expect(problemsOf(text)).toEqual(['does not join by tenant_id: usage_call, agent']);
  });

  it.each([
    [
      'does not join by tenant_id: calls, agent',
      `select from (select agent_id from usage_call where tenant_id = $1) calls (tenant_id)
       join agent on agent.tenant_id = calls.tenant_id`,
    ],
    [
      'does not join by tenant_id: detail_summary, touched',
      `delete from detail_summary using (select tenant_id, agent_id from usage_call where tenant_id = $1) touched
       where detail_summary.agent_id = touched.agent_id`,
    ],
    ['reads usage_call of all tenants', 'select count(*) from usage_call'],
    [
      'reads usage_call of all tenants',
      `select from rollup_mark m where m.tenant_id = $1
         and exists (select from usage_call where recorded_xid >= m.folded_below)`,
    ],
    [
      'reads usage_call of all tenants',
      `with calls as (select * from usage_call where agent_id = $1) select count(*) from calls`,
    ],
    [
      'reads calls of all tenants',
      `with calls as (select tenant_id, agent_id from usage_call where tenant_id = any($1))
       select from agent where tenant_id = $2 and exists (select from calls where calls.agent_id = agent.agent_id)`,
    ],
    [
      'reads rollup_mark of all tenants',
      `select from rollup_mark m cross join lateral (
         select count(*) as calls from usage_call where usage_call.tenant_id = m.tenant_id) recorded`,
    ],
    ['reads usage_call of all tenants', `update usage_call set voided_at = now() where request_id = $1`],
    ['inserts into agent without tenant_id', 'insert into agent (agent_id, name) values ($1, $2)'],
    [
      'inserts into agent under another tenant than that of what it reads',
      'insert into agent (tenant_id, agent_id) select user_id, agent_id from usage_call where tenant_id = $1',
    ],
    [
      'tells conflicts in usage_call without tenant_id',
      'insert into usage_call (tenant_id, request_id) values ($1, $2) on conflict (request_id) do nothing',
    ],
    [
      'tells conflicts in agent without tenant_id',
      'insert into agent (tenant_id) values ($1) on conflict on constraint agent_pkey do nothing',
    ],
    [
      'moves rows of agent to another tenant',
      `insert into agent (tenant_id, agent_id) values ($1, $2)
       on conflict (tenant_id, agent_id) do update set tenant_id = $3`,
    ],
    ['moves rows of agent to another tenant', 'update agent set (name, tenant_id) = ($1, $2) where tenant_id = $3'],
    ...['grouping sets ((tenant_id), ())', 'rollup (tenant_id)', 'cube (tenant_id, model)'].map(
      (sets): [string, string] => [
        'groups by several sets at once',
        `select from (select tenant_id, model from usage_call where tenant_id = any($1)) calls group by ${sets}`,
      ],
    ),
    [
      'is recursive over distributed tables',
      `with recursive days as (
         select min(occurred_at) as day from usage_call where tenant_id = $1 union all select day + '1 day' from days)
       select * from days`,
    ],
    ['has distributed tables where they are not looked for', 'truncate usage_call'],
    [
      'has distributed tables where they are not looked for',
      `merge into agent using json_to_recordset($1) as given(tenant_id text) on agent.tenant_id = given.tenant_id
       when matched then delete`,
    ],
  ])('%s', (problem, text) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it.each([
    `select from usage_call c join agent a on a.tenant_id = c.tenant_id and a.agent_id = c.agent_id`,
    `select from agent where (tenant_id, agent_id) in (($1, $2), ($3, $4))`,
    `select from json_to_recordset($1) as key(tenant_id text, request_id text) join usage_call using (tenant_id, request_id)`,
    `delete from detail_summary stored using (select distinct c.tenant_id, agent_id from usage_call c where c.tenant_id = $1)
       touched (touched_tenant_id, touched_agent_id) where stored.tenant_id = touched_tenant_id`,
    `select from tenant t where exists (select from usage_call c where c.tenant_id = t.tenant_id)`,
    `select from (values ($1, 1)) asked (tenant_id, no) cross join lateral (
       select from usage_call c where c.tenant_id = asked.tenant_id limit 1) first
     left join agent on agent.tenant_id = asked.tenant_id`,
  ])('that keeps to the tenant is none of those: %s', (text) => {
    expect(problemsOf(text)).toEqual([]);
  });
});
