import { afterAll, beforeAll, expect, it } from 'vitest';
import { newApiKey } from '../../src/access/api-keys/api-key-format.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { superuserKey } from '../support/gateway.ts';
import { startLoggedGateway, type LoggedGateway } from './logged-gateway.ts';
import { ask, bearer, expectKnownErrors } from './requests.ts';
import { asOwner } from '../support/as-owner.ts';

describeOnEachDatabase('an unexpected error', (kind) => {
  let gateway: LoggedGateway;
  beforeAll(async () => {
    gateway = await startLoggedGateway(kind);
    for (const id of ['one', 'two', 'three'])
      await ask(
        gateway,
        `mutation {
          recordUsage(input: { tenantId: "acme", agentId: "${id}", inputTokens: 1, outputTokens: 1 }) { outcome }
          createAgent(tenantId: "acme", input: { id: "${id}", name: "${id}" }) { id }
        }`,
        bearer(superuserKey),
      );
    const { orm } = gateway.database;
    await asOwner(orm, 'drop table api_key');
    // Agents can be joined and counted, but not loaded.
    await asOwner(orm, 'alter table agent rename to hidden_agent');
    await asOwner(
      orm,
      'create view agent as select tenant_id, agent_id, name, created_at, 1 / (length(name) - length(name)) as budget_limit_usd from hidden_agent',
    );
    await asOwner(orm, 'grant select on agent to usage_gateway_platform');
  });
  afterAll(() => gateway.close());

  const causeOf = (requestId: string | undefined) =>
    gateway.lines.filter((line) => line.requestId === requestId && line.err);

  it('in a resolver is masked, and the log tells the rest under the same request id', async () => {
    const query =
      'mutation { recordUsage(input: { tenantId: "acme", inputTokens: 1, outputTokens: 1 }) { event { tenant { agents { edges { cursor } } } } } }';
    const answer = await ask(gateway, query, bearer(superuserKey));
    expectKnownErrors(answer);
    const [error] = answer.errors;
    expect(error?.path).toEqual(['recordUsage', 'event', 'tenant', 'agents']);
    expect(error?.message).toBe('Something went wrong on our side.');
    expect(error?.extensions).toEqual({
      code: 'INTERNAL_SERVER_ERROR',
      requestId: expect.stringMatching(/^[\da-f-]{36}$/),
    });
    expect(answer.text).not.toMatch(/division|hidden|22012/);

    const lines = causeOf(error?.extensions.requestId);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      level: 50,
      err: { message: expect.stringContaining('division by zero') },
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

  it('that fails several fields leaves the others, and is logged once', async () => {
    const query = '{ usage(tenantId: "acme") { byAgent(orderBy: NAME_ASC) { stats { totalCalls } agent { name } } } }';
    const answer = await ask(gateway, query, { accept: 'application/graphql-response+json', ...bearer(superuserKey) });
    expectKnownErrors(answer);
    expect(answer.status).toBe(200);
    const failed = { stats: { totalCalls: 1 }, agent: null };
    expect(answer.data).toEqual({ usage: { byAgent: [failed, failed, failed, failed] } });
    expect(answer.errors).toHaveLength(3);
    const [requestId, ...others] = new Set(answer.errors.map(({ extensions }) => extensions.requestId));
    expect(others).toEqual([]);
    expect(causeOf(requestId)).toHaveLength(1);
  });

  it('logs no key', async () => {
    const { secret } = newApiKey();
    await ask(gateway, '{ viewer { role } }', bearer(secret));
    expect(JSON.stringify(gateway.lines)).not.toContain(secret);
    expect(JSON.stringify(gateway.lines)).not.toContain(superuserKey);
  });
});
