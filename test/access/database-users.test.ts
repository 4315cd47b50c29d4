import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../src/open-database.ts';
import { platformRole, tenantRole } from '../../src/database/database-role.ts';
import { PostgresUnavailableError, startKillablePostgres, type KillablePostgres } from '../support/postgres-server.ts';
import { rowOf } from '../support/row-of-tenant.ts';
import { runOnServer, withDatabase } from '../support/server-sql.ts';

const server = await startKillablePostgres('like-an-operators').catch((error: unknown) => {
  if (error instanceof PostgresUnavailableError) return error;
  throw error;
});
const reason = server instanceof Error ? server.message.split('\n')[0] : undefined;

const password = 'a-password-of-tests';

describe.skipIf(reason)(
  `a PostgreSQL server whose users are no superusers${reason ? ` (left out: ${reason})` : ''}`,
  () => {
    let admin: KillablePostgres;

    beforeAll(() => {
      if (server instanceof Error) throw server;
      admin = server;
    });
    afterAll(() => admin?.stop());

    const urlOf = (user: string, database: string) => {
      const url = new URL(withDatabase(admin.url, database));
      url.username = user;
      url.password = password;
      return url.href;
    };
    const open = async (user: string, database: string) => {
      const opened = await openDatabase({ databaseUrl: urlOf(user, database), databasePoolMax: 2, dataDir: '' });
      onTestFinished(opened.close);
      return opened;
    };
    const who = 'select current_user::text as role, session_user::text as user';

    it('is migrated and served for an owner who may make roles', async () => {
      await runOnServer(
        admin.url,
        `create role founder login createrole password '${password}'`,
        'create database first owner founder',
      );
      const { orm, applied } = await open('founder', 'first');
      expect(applied).not.toEqual([]);
      expect(await orm.em.fork().execute(who)).toEqual([{ role: platformRole, user: 'founder' }]);
      await orm.em.fork().execute(`insert into tenant (tenant_id, name) values ('acme', 'Acme')`);
      // Not even the owner sees rows without taking a role.
      expect(await runOnServer(urlOf('founder', 'first'), 'select * from tenant')).toEqual([]);
    });

    it('is served for a user who owns nothing, once it is migrated', async () => {
      await runOnServer(
        admin.url,
        `create role servant login password '${password}'`,
        'grant usage_gateway_server to servant',
      );
      const { orm, applied } = await open('servant', 'first');
      expect(applied).toEqual([]);
      expect(await orm.em.fork().execute('select tenant_id from tenant')).toEqual([{ tenant_id: 'acme' }]);
      const [owned] = await runOnServer<{ tables: number }>(
        urlOf('servant', 'first'),
        `select count(*)::int as tables from pg_class where relowner = current_user::regrole`,
      );
      expect(owned).toEqual({ tables: 0 });
      await expect(runOnServer(urlOf('servant', 'first'), 'select * from tenant')).rejects.toThrow('permission denied');
    });

    it('erases people by functions of an owner who sees no row otherwise', async () => {
      const { orm } = await open('servant', 'first');
      const select = (statement: string) => orm.em.fork().execute(statement);
      for (const table of ['rollup_mark', 'usage_call', 'audit_event', 'cost_revision'])
        await select(rowOf[table]?.('acme') ?? '');
      const pseudonym = 'erased_0123456789abcdef';
      await select(`select erase_calls('acme', '{r}', 'ada', '{}', '{ada}', '${pseudonym}')`);
      await select(`select erase_recorder('acme', '{unknown}', '{x}', '${pseudonym}', true)`);
      await select(`insert into unfolded (tenant_id, batch_id, calls) select 'acme', batch_id, 1 from usage_call`);
      await select(`select erase_recorder('acme', '{unknown}', '{x}', '${pseudonym}', true)`);
      await select(`select erase_from_audit('acme', '{x}', '{x}', '${pseudonym}')`);
      expect(await select('select recorded_by from usage_call')).toEqual([{ recorded_by: `user:${pseudonym}` }]);
      expect(await select('select actor from audit_event')).toEqual([{ actor: `user:${pseudonym}` }]);
      for (const table of ['usage_call', 'audit_event', 'unfolded'])
        expect(await runOnServer(urlOf('founder', 'first'), `select * from ${table}`)).toEqual([]);
    });

    it('lets an owner who is no superuser have calls leave the ledger, and nobody else', async () => {
      const { orm } = await open('servant', 'first');
      const em = () => orm.em.fork();
      await em().execute(`insert into rollup_mark (tenant_id, complete_from) values ('leaving', '2026-01-01')`);
      for (const [no, at] of ['2025-12-31', '2026-01-01'].entries()) {
        await em().execute(callOf('leaving', `call-${no}`, at));
        await em().execute(callOf('other', `call-${no}`, at));
      }
      const forget = (tenantId: string) => em().execute(`select forget_calls('${tenantId}', 10) as calls`);
      expect(await forget('leaving')).toEqual([{ calls: 1 }]);
      // Without a horizon nothing has left.
      expect(await forget('other')).toEqual([{ calls: 0 }]);
      expect(
        await em().execute(`select tenant_id, request_id from usage_call where request_id <> 'r' order by 1, 2`),
      ).toEqual([
        { tenant_id: 'leaving', request_id: 'call-1' },
        { tenant_id: 'other', request_id: 'call-0' },
        { tenant_id: 'other', request_id: 'call-1' },
      ]);
      for (const table of ['usage_call', 'cost_revision', 'rollup_mark'])
        expect(await runOnServer(urlOf('founder', 'first'), `select * from ${table}`)).toEqual([]);
      await expect(em().execute('delete from usage_call')).rejects.toMatchObject({ code: '42501' });
      await expect(runOnServer(urlOf('servant', 'first'), `select forget_calls('leaving', 1)`)).rejects.toThrow(
        'permission denied',
      );
    });

    it('lets an owner serve another database, with what it was granted for the first', async () => {
      await runOnServer(admin.url, 'create database another owner founder');
      const { orm } = await open('founder', 'another');
      expect(await orm.em.fork().execute(who)).toEqual([{ role: platformRole, user: 'founder' }]);
      await orm.em.fork().execute(`insert into tenant (tenant_id, name) values ('acme', 'Acme')`);
      expect(await runOnServer(urlOf('founder', 'another'), 'select * from tenant')).toEqual([]);
    });

    it('says what an owner lacks who may take no roles, and does nothing by halves', async () => {
      await runOnServer(
        admin.url,
        `create role settler login password '${password}'`,
        'create database second owner settler',
      );
      await expect(open('settler', 'second')).rejects.toThrow(
        `the user settler may neither make nor take the roles ${platformRole} and ${tenantRole}`,
      );
      await runOnServer(admin.url, `grant ${platformRole}, ${tenantRole} to settler`);
      const { orm } = await open('settler', 'second');
      expect(await orm.em.fork().execute(who)).toEqual([{ role: platformRole, user: 'settler' }]);
    });

    it('is migrated for an owner whom an administrator gave the roles', async () => {
      await runOnServer(
        admin.url,
        `create role lodger login password '${password}'`,
        'grant usage_gateway_server to lodger',
        'create database third owner lodger',
      );
      const { orm } = await open('lodger', 'third');
      expect(await orm.em.fork().execute(who)).toEqual([{ role: platformRole, user: 'lodger' }]);
      await orm.em.fork().execute(`insert into tenant (tenant_id, name) values ('acme', 'Acme')`);
      expect(await runOnServer(urlOf('lodger', 'third'), 'select * from tenant')).toEqual([]);
    });

    it('names the user who may not take the role that serves', async () => {
      await runOnServer(
        admin.url,
        `create role stranger login password '${password}'`,
        'grant connect on database first to stranger',
      );
      await runOnServer(withDatabase(admin.url, 'first'), 'grant select on migration to stranger');
      await expect(open('stranger', 'first')).rejects.toThrow(
        `DATABASE_URL: the user stranger cannot ask as ${platformRole}`,
      );
    });
  },
);

const callOf = (tenantId: string, requestId: string, at: string) => `
  insert into usage_call (tenant_id, request_id, occurred_at, provider, model, input_tokens, output_tokens,
    cached_input_tokens, cache_write_tokens, reasoning_tokens, status, cost_source, content_hash, batch_id)
  values ('${tenantId}', '${requestId}', '${at}', 'p', 'm', 1, 1, 0, 0, 0, 'SUCCESS', 'UNPRICED', '', gen_random_uuid())`;
