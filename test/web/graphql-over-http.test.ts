import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

describe('GraphQL over HTTP', () => {
  let gateway: TestGateway;
  const audits = serverAudits({ url: () => `${gateway.url}/graphql` });

  beforeAll(async () => {
    gateway = await startTestGateway('embedded');
  });
  afterAll(() => gateway.close());

  it('has 61 audits', () => expect(audits).toHaveLength(61));

  it.each(audits)('$id $name', async ({ fn }) => {
    expect(await fn()).toMatchObject({ status: 'ok' });
  });
});
