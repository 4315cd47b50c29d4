import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { accessTable, callers } from './access-table.ts';
import { startCallingGateway, type CallingGateway } from './callers.ts';
import { documentOf } from './document-of.ts';

describeOnEachDatabase('keys, tokens and secrets', (kind) => {
  let gateway: CallingGateway;
  let log = '';
  const secrets: string[] = [];

  beforeAll(async () => {
    const lines = new Writable({
      write(chunk, _encoding, done) {
        log += String(chunk);
        done();
      },
    });
    gateway = await startCallingGateway(kind, { log: pino({ level: 'trace' }, lines) });
    const rotate = `mutation ($id: ID!) { rotateApiKey(id: $id, graceSeconds: 60) { secret } }`;
    const { data } = await gateway.send<{ rotateApiKey: { secret: string } }, object>(rotate, {
      id: gateway.keyOf['admin'],
    });
    for (const secret of [...Object.values(gateway.credentials), data.rotateApiKey.secret])
      if (secret) secrets.push(secret);
    // Whatever goes wrong with a credential: used, refused, mistyped, in the wrong place, beside an error.
    for (const caller of callers)
      for (const { field, args } of accessTable) {
        if (field.endsWith('stopImpersonation')) continue;
        const credential = gateway.credentials[caller];
        await gateway.send(documentOf(field, args), args, credential);
      }
    for (const secret of secrets) {
      await gateway.send('{ viewer { role } }', {}, `${secret}x`);
      await gateway.send('{ viewer { role', {}, secret);
      await gateway.send('query ($id: ID!) { tenant(id: $id) { name } }', { id: secret });
      await fetch(`${gateway.url}/graphql?authorization=${encodeURIComponent(secret)}`);
      await fetch(`${gateway.url}/graphql`, { headers: { authorization: secret, cookie: `key=${secret}` } });
    }
  });
  afterAll(() => gateway?.close());

  /** The part that only its holder knows, however the rest is shown. */
  const essence = (secret: string) => secret.slice(-30);

  it('are in no line of the log', () => {
    expect(log.split('\n').length).toBeGreaterThan(20);
    expect(secrets.filter((secret) => log.includes(essence(secret)))).toEqual([]);
  });

  it('are nowhere in the database', async () => {
    const em = gateway.database.orm.em.fork();
    const tables = await em.execute<{ name: string }[]>(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
    );
    let dump = '';
    for (const { name } of tables)
      for (const { row } of await em.execute<{ row: string }[]>(`select to_jsonb(t)::text as row from ${name} t`))
        dump += row;
    expect(dump).toContain(gateway.keyOf['admin']);
    expect(secrets.length).toBeGreaterThan(callers.length - 1);
    expect(secrets.filter((secret) => dump.includes(essence(secret)))).toEqual([]);
    // Nor as the bytes of a column.
    const hex = (secret: string) => Buffer.from(essence(secret)).toString('hex');
    expect(secrets.filter((secret) => dump.includes(hex(secret)))).toEqual([]);
  });
});
