import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { Record as RecordCall, SetPrice, Totals } from './operations.ts';

const million = 1_000_000;

describeOnEachDatabase('a million calls', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    // Folding them all takes a while that nobody here waits for.
    gateway = await startTestGateway(kind, { folding: false });
  });
  afterAll(() => gateway.close());

  it('at a ten-thousandth of a millionth of a dollar add up to exactly a ten-thousandth', async () => {
    await gateway.ask(SetPrice, {
      input: { provider: 'tiny', model: 'tiny', inputUsdPerMillion: '0.0001', outputUsdPerMillion: '0' },
    });
    const input = { tenantId: 'acme', provider: 'tiny', model: 'tiny', inputTokens: 1, outputTokens: 0 };
    const { recordUsage } = await gateway.ask(RecordCall, { input });
    expect(recordUsage.event.costUsd).toBe('0.0000000001');
    // Recording the others one by one would take minutes; in the ledger they would be the same.
    await gateway.database.orm.em.fork().execute(
      `insert into usage_call (tenant_id, request_id, occurred_at, provider, model, input_tokens, output_tokens,
         cached_input_tokens, cache_write_tokens, reasoning_tokens, status, cost_usd, cost_source, price_id, content_hash, batch_id)
       select tenant_id, 'copy-' || lpad(i::text, 7, '0'), occurred_at, provider, model, input_tokens, output_tokens,
         cached_input_tokens, cache_write_tokens, reasoning_tokens, status, cost_usd, cost_source, price_id, content_hash, batch_id
       from usage_call, generate_series(2, ${million}) as i`,
    );
    const { usage } = await gateway.ask(Totals, { tenantId: 'acme' });
    expect(usage.totals).toMatchObject({ totalCalls: million, totalCostUsd: '0.0001', unpricedCalls: 0 });
  }, 120_000);
});
