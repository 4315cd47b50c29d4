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
import { listCalls } from '../reporting/ledger.repository.ts';
import { demoCalls, demoDays, demoTenants, type DemoTenant } from './demo-calls.ts';
import { greet, untilEnd } from './serve.command.ts';

const dayMs = 86_400_000;

export const demoCommand = (): Command =>
  new Command('demo')
    .description('start the gateway on a folder of its own, ./demo-data, with three tenants and six months of calls')
    .action(async () => {
      // A key for this run: demo data needs no lasting one, and there is no key that everybody knows.
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
      for (const tenant of demoTenants) await fill(gateway.database.orm, tenant, now);
      greet(gateway, config, key);
      await untilEnd(gateway, log);
    });

/** Adds a demo tenant and its calls of the last six months; on a later start, those since the newest one. */
async function fill(orm: Orm, tenant: DemoTenant, now: Date): Promise<void> {
  const em = orm.em.fork();
  const store = createStore(orm);
  const id = tenantId(tenant.id);
  await insertMissingTenants(em, [{ id, name: tenant.name, timezone: tenant.timezone }]);
  for (const { id: agent, name, budgetLimitUsd } of tenant.agents)
    await insertAgent(em, {
      tenantId: id,
      id: agentId(agent),
      name,
      budgetLimitUsd: budgetLimitUsd === undefined ? null : new Big(budgetLimitUsd),
    });

  const today = Math.floor(now.getTime() / dayMs);
  const [newest] = await listCalls(em, id, { from: undefined, to: now }, {}, { first: 1, after: undefined });
  const firstDay = Math.max(today - demoDays, newest ? Math.floor(newest.occurredAt.getTime() / dayMs) : 0);
  let batch: ReturnType<typeof demoCalls> = [];
  const flush = async () => {
    await recordCalls(store, operator, batch, now);
    batch = [];
  };
  for (let day = firstDay; day <= today; day++) {
    // Growth follows the calendar, so that a day's calls are the same whenever they are made.
    const growth = 0.6 + 0.4 * Math.sin(((day % demoDays) / demoDays) * (Math.PI / 2));
    for (const call of demoCalls(tenant, new Date(day * dayMs), growth)) {
      if (call.occurredAt instanceof Date && call.occurredAt <= now) batch.push(call);
      if (batch.length === maxBatchSize) await flush();
    }
  }
  await flush();
}
