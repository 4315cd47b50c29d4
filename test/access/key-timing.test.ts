import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { newApiKey } from '../../src/access/api-keys/api-key-format.ts';
import { findKeyOfCredential } from '../../src/access/api-keys/api-key.repository.ts';
import { CreateApiKey, CreateTenant } from '../acceptance/operations.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

/** What a gateway sends to its database while something is done, without the values. */
async function statementsOf(act: () => Promise<unknown>): Promise<string[]> {
  const texts: string[] = [];
  const { query } = pg.Client.prototype;
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [config] = args;
    if (typeof config === 'string') texts.push(config);
    else if (typeof config === 'object' && config && 'text' in config) texts.push(String(config.text));
    return Reflect.apply(query, this, args);
  } as typeof query;
  try {
    await act();
  } finally {
    pg.Client.prototype.query = query;
  }
  return texts;
}

const inEveryWay: [string, object][] = [
  ['a service', { scopes: ['USAGE_WRITE'] }],
  ['an admin', { role: 'TENANT_ADMIN', expiresAt: '2100-01-01T00:00:00Z' }],
];

describeOnEachDatabase('a wrong secret', (kind) => {
  const start = async () => {
    const gateway = await startTestGateway(kind, { folding: false });
    onTestFinished(() => gateway.close());
    await gateway.ask(CreateTenant, { input: { id: 'acme', name: 'Acme' } });
    return gateway;
  };
  const keyOf = async (gateway: TestGateway, input: object) => {
    const created = await gateway.ask(CreateApiKey, { tenantId: 'acme', input: { name: 'Key', ...input } });
    return created.createApiKey.apiKey.id;
  };

  it.each(inEveryWay)('takes as much work with the id of %s as with one that does not exist', async (_whose, input) => {
    const gateway = await start();
    const known = await keyOf(gateway, input);
    const refuse = (secret: string) => gateway.send('{ viewer { role } }', {}, secret);
    const guesses = [newApiKey(known).secret, newApiKey().secret];
    // What the first request of a connection sends comes once.
    await refuse(newApiKey().secret);
    const [ofKnown, ofUnknown] = [
      await statementsOf(() => refuse(guesses[0] ?? '')),
      await statementsOf(() => refuse(guesses[1] ?? '')),
    ];
    expect(ofKnown).toHaveLength(1);
    expect(ofUnknown).toEqual(ofKnown);
    const answers = [];
    for (const guess of guesses) {
      const { status, headers, data, errors } = await refuse(guess);
      answers.push({ status, names: [...headers.keys()], data, errors });
    }
    expect(answers[0]).toEqual(answers[1]);
  });

  it('is compared with a hash of the same length, whether the id exists or not', async () => {
    const gateway = await start();
    const em = gateway.database.orm.em.fork();
    const known = await findKeyOfCredential(em, await keyOf(gateway, { scopes: ['USAGE_READ'] }));
    const unknown = await findKeyOfCredential(em, newApiKey().id);
    expect([known.exists, unknown.exists]).toEqual([true, false]);
    expect(Object.keys(unknown)).toEqual(Object.keys(known));
    expect([known, unknown].map(({ secretHash }) => secretHash.length)).toEqual([32, 32]);
  });
});
