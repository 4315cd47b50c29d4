import { afterAll, beforeAll, expect, it } from 'vitest';
import { newApiKey } from '../../src/access/api-key-format.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { superuserKey } from '../support/gateway.ts';
import { startLoggedGateway, type LoggedGateway } from './logged-gateway.ts';
import { ask, bearer, expectKnownErrors } from './requests.ts';

describeOnEachDatabase('an unexpected error', (kind) => {
  let gateway: LoggedGateway;
  beforeAll(async () => {
    gateway = await startLoggedGateway(kind);
    await gateway.database.orm.em.fork().execute('drop table agent, api_key cascade');
  });
  afterAll(async () => { const pool = await (gateway.database.orm.em.getConnection() as any).getNativeClient(); console.log('pool', pool.totalCount, pool.idleCount, pool.waitingCount); const c = pool._clients.filter((x: any) => !pool._idle.some((i: any) => i.client === x)); const show = (tag: string) => console.log(tag, c.map((x: any) => [x._activeQuery?.text ?? x.activeQuery?.text, x.readyForQuery, x._ended, x._queryable, x.queryQueue?.length ?? x._queryQueue?.length])); show('now'); const timer = setTimeout(() => show('later'), 3000); await gateway.close(); clearTimeout(timer); console.log('closed'); });

  const causeOf = (requestId: string | undefined) => gateway.lines.filter((line) => line.requestId === requestId);

  it('in a resolver is masked, and the log tells the rest under the same request id', async () => {
    const query = 'mutation { createTenant(input: { id: "acme", name: "Acme" }) { id agents { edges { cursor } } } }';
    const answer = await ask(gateway, query, bearer(superuserKey));
    expectKnownErrors(answer);
    const [error] = answer.errors;
    expect(error?.path).toEqual(['createTenant', 'agents']);
    expect(error?.message).toBe('Something went wrong on our side.');
    expect(error?.extensions).toEqual({
      code: 'INTERNAL_SERVER_ERROR',
      requestId: expect.stringMatching(/^[\da-f-]{36}$/),
    });
    expect(answer.text).not.toMatch(/agent"|does not exist|42P01/);

    const lines = causeOf(error?.extensions.requestId);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      level: 50,
      err: { message: expect.stringContaining('relation "agent" does not exist') },
    });
    expect(lines[0]?.err?.stack).toContain(' at ');
  });

  it('before there is a resolver is masked, and the status is 500', async () => {
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const answer = await ask(gateway, '{ viewer { role } }', { accept, ...bearer(newApiKey().secret) });
      expectKnownErrors(answer);
      expect(answer.status).toBe(500);
      const [error] = answer.errors;
      expect(error?.extensions.code).toBe('INTERNAL_SERVER_ERROR');
      expect(causeOf(error?.extensions.requestId)).toHaveLength(1);
    }
  });

  it('has a request id of its own in every field', async () => {
    const agents = 'agents { edges { cursor } }';
    const answer = await ask(
      gateway,
      `{ one: tenants { edges { node { ${agents} } } } two: tenants { edges { node { id } } } }`,
      bearer(superuserKey),
    );
    expectKnownErrors(answer);
    for (const { extensions } of answer.errors) expect(causeOf(extensions.requestId)).toHaveLength(1);
  });

  it('logs no key', async () => {
    const { secret } = newApiKey();
    await ask(gateway, '{ viewer { role } }', bearer(secret));
    expect(JSON.stringify(gateway.lines)).not.toContain(secret);
    expect(JSON.stringify(gateway.lines)).not.toContain(superuserKey);
  });
});
