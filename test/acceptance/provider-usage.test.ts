import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { graphql } from './gql/gql.ts';

const RecordAnswers = graphql(`
  mutation RecordAnswers($inputs: [RecordUsageInput!]!) {
    recordUsageBatch(inputs: $inputs) {
      results {
        outcome
        event {
          ...AnsweredCall
        }
        error {
          code
          field
          message
        }
      }
    }
  }
`);

const Preview = graphql(`
  query Preview($input: RecordUsageInput!) {
    previewUsage(input: $input) {
      outcome
      event {
        ...AnsweredCall
      }
      error {
        code
        field
      }
    }
  }
`);

graphql(`
  fragment AnsweredCall on UsageEvent {
    requestId
    model
    serviceTier
    inputTokens
    outputTokens
    cachedInputTokens
    cacheWriteTokens
    cacheWrite1hTokens
    reasoningTokens
    units
    costUsd
    costSource
    unpricedReason
  }
`);

const Count = graphql(`
  query Count($tenantId: ID!) {
    usage(tenantId: $tenantId) {
      totals {
        totalCalls
      }
    }
  }
`);

const anthropic = {
  id: 'msg_01',
  model: 'claude-sonnet-4-5-20250929',
  usage: {
    input_tokens: 100,
    output_tokens: 50,
    cache_read_input_tokens: 1000,
    cache_creation_input_tokens: 300,
    cache_creation: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 100 },
    server_tool_use: { web_search_requests: 2 },
    service_tier: 'standard',
  },
};

interface Shared {
  provider: string;
  api: string;
  model: string;
  usage: Record<string, unknown>;
  expect: Record<string, unknown>;
}
const shared: Shared[] = JSON.parse(readFileSync(join(import.meta.dirname, '../data/provider-usage.json'), 'utf8'));

describeOnEachDatabase("a provider's usage", (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => void (gateway = await startTestGateway(kind)));
  afterAll(() => gateway?.close());

  const record = async (input: object) => {
    const { recordUsageBatch } = await gateway.ask(RecordAnswers, { inputs: [{ tenantId: 'acme', ...input }] });
    return recordUsageBatch.results[0];
  };

  it('is recorded as it came, with what the answer says besides', async () => {
    const result = await record({ provider: 'anthropic', providerUsage: { body: anthropic } });
    expect(result).toMatchObject({
      outcome: 'RECORDED',
      event: {
        requestId: 'msg_01',
        model: 'claude-sonnet-4-5-20250929',
        serviceTier: 'standard',
        inputTokens: 1400,
        outputTokens: 50,
        cachedInputTokens: 1000,
        cacheWriteTokens: 300,
        cacheWrite1hTokens: 100,
        units: { web_searches: '2' },
        // 100 at 3, 1,000 at 0.30, 200 at 3.75, 100 at 6 and 50 at 15 a million; two searches at 0.01.
        costUsd: '0.0227',
        costSource: 'CATALOGUE',
      },
    });
    expect(await record({ provider: 'anthropic', providerUsage: { body: anthropic } })).toMatchObject({
      outcome: 'DUPLICATE',
    });
  });

  it('of the cases that others get wrong is what it is', async () => {
    for (const { provider, api, model, usage, expect: call } of shared) {
      const result = await record({ provider, model, providerUsage: { body: usage, api } });
      expect(result).toMatchObject({ outcome: 'RECORDED', event: call });
    }
  });

  it.each([
    [{ providerUsage: { body: anthropic }, inputTokens: 5 }, 'inputTokens'],
    [{ providerUsage: { body: { hello: 1 } } }, 'providerUsage'],
    [{ providerUsage: { usage: {} } }, 'providerUsage'],
    [{ providerUsage: 7 }, 'providerUsage'],
    [{}, 'inputTokens'],
  ])('is refused by name in %j', async (input, field) => {
    expect(await record(input)).toMatchObject({ outcome: 'REJECTED', error: { code: 'VALIDATION_ERROR', field } });
  });

  it('can be given in the document itself', async () => {
    const { errors, data } = await gateway.send(
      `mutation { recordUsage(input: { tenantId: "acme", provider: "openai", model: "gpt-4o-mini", providerUsage: {
        body: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 } } }) { event { inputTokens outputTokens } } }`,
    );
    expect(errors).toEqual([]);
    expect(data).toMatchObject({ recordUsage: { event: { inputTokens: 5, outputTokens: 7 } } });
  });

  it('is previewed with the budgets that it touches', async () => {
    await gateway.send('mutation { createTenant(input: { id: "budgeted", name: "B" }) { id } }');
    const { errors } = await gateway.send(
      `mutation { createBudget(tenantId: "budgeted", input: { name: "All", limit: "0.04", period: TOTAL }) { id } }`,
    );
    expect(errors).toEqual([]);
    const input = { tenantId: 'budgeted', requestId: 'p', provider: 'anthropic', providerUsage: { body: anthropic } };
    const document = `query ($input: RecordUsageInput!) {
      previewUsage(input: $input) { budgets { spent ratio status budget { name } } } }`;
    const preview = async (requestId: string) => {
      const { data } = await gateway.send<{ previewUsage: object }, object>(document, {
        input: { ...input, requestId },
      });
      return data?.previewUsage;
    };
    const standing = { spent: '0.0227', ratio: 0.5675, status: 'OK', budget: { name: 'All' } };
    expect(await preview('p')).toEqual({ budgets: [standing] });
    await record({ ...input, tenantId: 'budgeted' });
    expect(await preview('p')).toEqual({ budgets: [standing] });
    expect(await preview('q')).toMatchObject({ budgets: [{ spent: '0.0454', status: 'EXCEEDED' }] });
  });

  it('is previewed without being stored', async () => {
    const input = { tenantId: 'preview', requestId: 'p', provider: 'anthropic', providerUsage: { body: anthropic } };
    const preview = async (input: object) => (await gateway.ask(Preview, { input })).previewUsage;
    expect(await preview(input)).toMatchObject({ outcome: 'RECORDED', event: { requestId: 'p', costUsd: '0.0227' } });
    await record(input);
    const count = async () => (await gateway.ask(Count, { tenantId: 'preview' })).usage.totals.totalCalls;
    expect(await count()).toBe(1);
    expect(await preview(input)).toMatchObject({ outcome: 'DUPLICATE' });
    expect(await preview({ ...input, model: 'another' })).toMatchObject({
      outcome: 'REJECTED',
      error: { code: 'IDEMPOTENCY_CONFLICT' },
    });
    expect(await preview({ tenantId: 'preview', inputTokens: -1 })).toMatchObject({ error: { field: 'inputTokens' } });
    expect(await count()).toBe(1);
  });
});
