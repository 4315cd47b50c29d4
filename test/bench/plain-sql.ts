import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { Client } from 'pg';
import { nextCall } from './calls.ts';
import type { Measured } from './load.ts';

const arrays: readonly (readonly [field: string, column: string, type: string])[] = [
  ['requestId', 'request_id', 'text'],
  ['occurredAt', 'occurred_at', 'timestamptz'],
  ['agentId', 'agent_id', 'text'],
  ['provider', 'provider', 'text'],
  ['model', 'model', 'text'],
  ['operation', 'operation', 'text'],
  ['channelId', 'channel_id', 'text'],
  ['userId', 'user_id', 'text'],
  ['inputTokens', 'input_tokens', 'int'],
  ['outputTokens', 'output_tokens', 'int'],
  ['durationMs', 'duration_ms', 'bigint'],
];

const constants =
  "'plain', 0, 0, 0, 'SUCCESS', 0.0042175, 'CALLER', '\\x0000000000000000000000000000000000000000000000000000000000000000'::bytea, '00000000-0000-0000-0000-000000000000'::uuid";
const constantColumns =
  'tenant_id, cached_input_tokens, cache_write_tokens, reasoning_tokens, status, cost_usd, cost_source, content_hash, batch_id';

const columns = `${arrays.map(([, column]) => column).join(', ')}, ${constantColumns}`;
const insert = `insert into usage_call (${columns})
  select *, ${constants} from unnest(${arrays.map(([, , type], index) => `$${index + 1}::${type}[]`).join(', ')})`;

/** Rows a second that statements of `size` rows store, one after another on one connection. */
export async function insertPlainly(
  connection: string | { host: string },
  size: number,
  seconds: number,
): Promise<Measured> {
  const client = await connect(connection);
  const began = performance.now();
  let rows = 0;
  while (performance.now() - began < seconds * 1000) {
    const calls = Array.from({ length: size }, nextCall);
    await client.query({
      name: 'insert',
      text: insert,
      values: arrays.map(([field]) => calls.map((call) => call[field])),
    });
    rows += size;
  }
  const callsPerSecond = rows / ((performance.now() - began) / 1000);
  await client.end();
  return { callsPerSecond };
}

/** Rows a second of COPY into the ledger, from a file beside the server, of rows that look like those stored. */
export async function copyIn(connection: string | { host: string }, rows: number): Promise<number> {
  const client = await connect(connection);
  const file = `/tmp/usage-gateway-${randomUUID()}`;
  const source = `select ${columns.replace('request_id', `'copy-' || '${randomUUID()}' || request_id`).replace('tenant_id', "'copied'")}
    from usage_call where tenant_id = 'plain' limit ${rows}`;
  await client.query(`copy (${source}) to '${file}'`);
  const began = performance.now();
  const { rowCount } = await client.query(`copy usage_call (${columns}) from '${file}'`);
  const rate = (rowCount ?? 0) / ((performance.now() - began) / 1000);
  await client.end();
  rmSync(file, { force: true });
  return rate;
}

async function connect(connection: string | { host: string }): Promise<Client> {
  const client = new Client(
    typeof connection === 'string'
      ? { connectionString: connection }
      : { ...connection, port: 5432, user: 'postgres', database: 'postgres' },
  );
  await client.connect();
  return client;
}

/** Fills the ledger up to so many calls of a year, a sixth of them the bench's tenant's, by SQL alone. */
export async function fillLedger(connection: string, upTo: number): Promise<void> {
  const client = await connect(connection);
  const { rows } = await client.query('select count(*)::int as count from usage_call');
  const missing = upTo - Number(rows[0].count);
  const step = 200_000;
  for (let at = 0; at < missing; at += step)
    await client.query(
      `insert into usage_call (request_id, occurred_at, agent_id, provider, model, operation, channel_id, user_id,
         input_tokens, output_tokens, duration_ms, ${constantColumns})
       select gen_random_uuid()::text, now() - (i % 31536000) * interval '1 second', 'agent-' || i % 40, 'openai',
         'gpt-4o', 'chat', 'web', 'user-' || i % 1000, 500 + i % 3000, 50 + i % 700, 200 + i % 5000,
         ${constants.replace("'plain'", "case when i % 6 = 0 then 'bench' else 'tenant-' || i % 200 end")}
       from generate_series($1::bigint, $2::bigint) as i`,
      [upTo - missing + at, upTo - missing + Math.min(at + step, missing) - 1],
    );
  await client.query('vacuum analyze usage_call');
  await client.query('checkpoint');
  await client.end();
}
