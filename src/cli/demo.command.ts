import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { Big } from 'big.js';
import { insertAgent } from '../tenancy/agent.repository.ts';
import { insertMissingTenants } from '../tenancy/tenant.repository.ts';
import { startGateway } from '../main.ts';
import { loadConfig } from '../settings/config.ts';
import { agentId, tenantId } from '../values/identifier.ts';
import { createLogger } from '../settings/log.ts';
import type { Orm } from '../database/orm.ts';
import { operator } from '../caller/principal.ts';
import { maxBatchSize, recordCalls } from '../recording/recording.service.ts';
import { createStore } from '../recording/store-calls.ts';
import type { CallInput } from '../recording/validate-call.ts';
import { findNewestCall } from '../reporting/ledger.repository.ts';
import { formatCount } from '../transfer/import/progress.ts';
import { demoCalls, demoDays, demoTenants, type DemoTenant } from './demo-calls.ts';
import { greet, untilEnd } from './serve.command.ts';

const dayMs = 86_400_000;
/** Number of calls after which progress is reported. */
const stepCalls = 5_000;

export const demoCommand = (): Command =>
  new Command('demo')
    .description('start the gateway on a folder of its own, ./demo-data, with three tenants and six months of calls')
    .action(async () => {
      // A key for this run only: demo data needs no lasting key, and a default key would be known to everybody.
      const key = `demo_${randomBytes(24).toString('base64url')}`;
      const config = loadConfig({
        DATA_DIR: './demo-data',
        ...process.env,
        DATABASE_URL: undefined,
        SUPERUSER_KEY: key,
      });
      const log = createLogger(config);
      const gateway = await startGateway(config, { log });
      const now = new Date();
      say(`Preparing demo data in ${config.dataDir}: tenants ${demoTenants.map(({ id }) => id).join(', ')}`);
      for (const tenant of demoTenants) await fill(gateway.database.orm, tenant, now);
      greet(gateway, config, key);
      process.stdout.write(`\nTenants:\n${demoTenants.map(describe).join('')}`);
      await untilEnd(gateway, log);
    });

/** Progress goes to standard error; standard output is for what can be used. */
const say = (line: string) => process.stderr.write(`${line}\n`);

const describe = ({ id, name, timezone, agents }: DemoTenant) =>
  `  ${id}: ${name}, ${timezone}, agents ${agents.map((agent) => agent.id).join(', ')}\n`;

/** Adds a demo tenant and its calls of the last six months or, on a later start, since the newest one. */
async function fill(orm: Orm, tenant: DemoTenant, now: Date): Promise<void> {
  const em = orm.em.fork();
  const store = createStore(orm);
  const id = tenantId(tenant.id);
  const created = await insertMissingTenants(em, [{ id, name: tenant.name, timezone: tenant.timezone }]);
  if (created.length > 0) say(`${id}: created`);
  for (const { id: agent, name, budgetLimitUsd } of tenant.agents)
    await insertAgent(em, {
      tenantId: id,
      id: agentId(agent),
      name,
      budgetLimitUsd: budgetLimitUsd === undefined ? null : new Big(budgetLimitUsd),
    });

  const newest = await findNewestCall(em, id, now);
  const calls = callsSince(tenant, newest?.occurredAt, now);
  const since = newest
    ? `since ${newest.occurredAt.toISOString().slice(0, 10)}, stored ones are skipped`
    : 'of the last six months';
  say(`${id}: recording ${formatCount(calls.length)} calls ${since}`);
  for (let start = 0; start < calls.length; start += maxBatchSize) {
    const end = Math.min(start + maxBatchSize, calls.length);
    await recordCalls(store, operator, calls.slice(start, end), now);
    if (Math.floor(end / stepCalls) > Math.floor(start / stepCalls) && end < calls.length)
      say(`${id}: ${formatCount(end)} of ${formatCount(calls.length)}`);
  }
}

/** Calls of the days from that of the newest one on, or of the last six months where there is none. */
function callsSince(tenant: DemoTenant, newest: Date | undefined, now: Date): CallInput[] {
  const today = Math.floor(now.getTime() / dayMs);
  const firstDay = Math.max(today - demoDays, newest ? Math.floor(newest.getTime() / dayMs) : 0);
  const calls: CallInput[] = [];
  for (let day = firstDay; day <= today; day++) {
    // Growth follows the calendar, so that a day's calls are the same whenever they are generated.
    const growth = 0.8 + 0.2 * Math.sin((day / demoDays) * 2 * Math.PI);
    for (const call of demoCalls(tenant, new Date(day * dayMs), growth))
      if (call.occurredAt instanceof Date && call.occurredAt <= now) calls.push(call);
  }
  return calls;
}
