import { expect, it, onTestFinished } from 'vitest';
import { auditOf } from '../acceptance/audit-of.ts';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway } from '../support/gateway.ts';
import { runCli } from './gateway-process.ts';

const key = /^ugk_[0-9a-f]{18}_[A-Za-z0-9_-]{43}[0-9a-f]{8}\n$/;

describeOnEachDatabase('usage-gateway tenants and keys', (kind) => {
  it(
    'set up tenants and keys, secrets on standard output and words on standard error',
    { timeout: 180_000 },
    async () => {
      const { config, drop } = await createTestDatabase(kind);
      onTestFinished(drop);
      const env: Record<string, string> = config.databaseUrl
        ? { DATABASE_URL: config.databaseUrl }
        : { DATA_DIR: config.dataDir };
      const cli = (...args: string[]) => runCli(args, env);

      const create = ['tenants', 'create', 'acme', '--name', 'Acme', '--timezone', 'Europe/Berlin'];
      expect(await cli(...create)).toEqual({ code: 0, stdout: '', stderr: "Created the tenant 'acme'.\n" });
      expect(await cli(...create)).toEqual({ code: 1, stdout: '', stderr: "The tenant 'acme' exists already.\n" });
      expect(await cli('tenants', 'create', 'x', '--timezone', 'Nowhere')).toMatchObject({ code: 1, stdout: '' });
      expect(await cli('tenants', 'create', 'leaving')).toMatchObject({ code: 0 });
      expect(await cli('tenants', 'list')).toEqual({
        code: 0,
        stdout: 'acme\tEurope/Berlin\tAcme\nleaving\tUTC\tleaving\n',
        stderr: '',
      });
      expect(await cli('tenants', 'delete', 'leaving')).toMatchObject({ code: 0, stdout: '' });
      expect(await cli('tenants', 'delete', 'leaving')).toMatchObject({
        code: 1,
        stderr: "There is no tenant 'leaving'.\n",
      });

      const made = await cli('keys', 'create', '--tenant', 'acme', '--name', 'Billing', '--scope', 'usage:write');
      expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(key), stderr: '' });
      const prefix = made.stdout.slice(0, 'ugk_'.length + 18);
      expect(await cli('keys', 'create', '--tenant', 'nowhere', '--name', 'K', '--role', 'TENANT_ADMIN')).toMatchObject(
        {
          code: 1,
          stdout: '',
          stderr: "There is no tenant 'nowhere'.\n",
        },
      );
      const homeless = await cli('keys', 'create', '--name', 'K', '--role', 'TENANT_ADMIN');
      expect(homeless).toEqual({ code: 1, stdout: '', stderr: '--tenant is required.\n' });
      const rotated = await cli('keys', 'rotate', prefix, '--grace', '3600');
      expect(rotated).toMatchObject({ code: 0, stdout: expect.stringMatching(key), stderr: '' });
      expect(rotated.stdout.startsWith(prefix)).toBe(true);
      expect(rotated.stdout).not.toBe(made.stdout);
      expect(await cli('keys', 'rotate', prefix, '--grace', 'soon')).toMatchObject({ code: 1, stdout: '' });
      expect((await cli('keys', 'list', '--tenant', 'acme')).stdout).toBe(`${prefix}\tusage:write\tvalid\tBilling\n`);

      const gateway = await startTestGateway(kind, { database: { config, drop: async () => undefined } });
      const viewer = '{ viewer { tenant { id } } }';
      for (const { stdout } of [made, rotated])
        expect((await gateway.send(viewer, {}, stdout.trim())).data).toEqual({ viewer: { tenant: { id: 'acme' } } });
      await gateway.close();

      const id = prefix.slice('ugk_'.length);
      expect(await cli('keys', 'revoke', id)).toEqual({
        code: 0,
        stdout: '',
        stderr: `Revoked the key '${id}' (Billing).\n`,
      });
      expect((await cli('keys', 'list', '--tenant', 'acme')).stdout).toMatch(/\tusage:write\trevoked .*Z\tBilling\n$/);
      expect(await cli('keys', 'list', '--tenant', 'nowhere')).toMatchObject({ code: 1, stdout: '' });

      const after = await startTestGateway(kind, { database: { config, drop: async () => undefined } });
      onTestFinished(() => after.close());
      expect((await auditOf(after, 'acme')).map(({ actor, action }) => [actor, action])).toEqual([
        ['cli', 'tenant.create'],
        ['cli', 'key.create'],
        ['cli', 'key.rotate'],
        ['cli', 'key.revoke'],
      ]);
    },
  );
});
