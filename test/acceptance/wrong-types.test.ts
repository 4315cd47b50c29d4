import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';
import { RecordBatch } from './operations.ts';

interface Case {
  field: string;
  value: unknown;
  /** Of three calls, of which the second has the value. */
  recorded: number;
  /** What is stored of the value, where it is taken. */
  as?: unknown;
}

const shared: Case[] = JSON.parse(readFileSync(join(import.meta.dirname, '../data/wrong-types.json'), 'utf8'));

const more: Case[] = [
  { field: 'durationMs', value: '1840.5', recorded: 3, as: 1841 },
  { field: 'timeToFirstTokenMs', value: 12.2, recorded: 3, as: 12 },
  { field: 'durationMs', value: -1, recorded: 2 },
  { field: 'durationMs', value: 'fast', recorded: 2 },
  { field: 'outputTokens', value: '3.0', recorded: 2 },
  { field: 'outputTokens', value: true, recorded: 2 },
  { field: 'outputTokens', value: 1e21, recorded: 2 },
  { field: 'cachedInputTokens', value: '1', recorded: 3, as: 1 },
  { field: 'costUsd', value: '8E-6', recorded: 2 },
  { field: 'costUsd', value: 'free', recorded: 2 },
  { field: 'costUsd', value: {}, recorded: 2 },
  { field: 'status', value: 'Failed', recorded: 3, as: 'FAILED' },
  { field: 'status', value: 1, recorded: 2 },
  { field: 'model', value: 4.5, recorded: 3, as: '4.5' },
  { field: 'model', value: ['gpt-5'], recorded: 2 },
  { field: 'occurredAt', value: 1_700_000_000, recorded: 2 },
  { field: 'metadata', value: 'text', recorded: 2 },
  { field: 'tags', value: { team: 7 }, recorded: 3, as: { team: '7' } },
  { field: 'tags', value: [], recorded: 2 },
  { field: 'units', value: { web_searches: 2 }, recorded: 3, as: { web_searches: '2' } },
  { field: 'units', value: { web_searches: 'two' }, recorded: 2 },
  { field: 'serviceTier', value: 'Batch', recorded: 3, as: 'batch' },
  { field: 'tenantId', value: 7, recorded: 3 },
  { field: 'constructor', value: 1, recorded: 2 },
];

describeOnEachDatabase('a call of a batch with a value of the wrong type', (kind) => {
  let gateway: TestGateway;
  let no = 0;
  beforeAll(async () => void (gateway = await startTestGateway(kind)));
  afterAll(() => gateway?.close());

  const fields =
    'durationMs timeToFirstTokenMs cachedInputTokens inputTokens costUsd status model userId tags units serviceTier';

  it.each([...shared, ...more])('$field: $value', async ({ field, value, recorded, as }) => {
    no++;
    const calls = [0, 1, 2].map((index) => ({ requestId: `${no}-${index}`, inputTokens: 5, tenantId: 'acme' }));
    const inputs = calls.map((call, index) => (index === 1 ? { ...call, [field]: value } : call));
    const { data, errors } = await gateway.send<
      {
        recordUsageBatch: {
          recorded: number;
          results: { outcome: string; event: Record<string, unknown> | null; error: object | null }[];
        };
      },
      object
    >(
      `mutation ($inputs: [RecordUsageInput!]!) {
        recordUsageBatch(inputs: $inputs) { recorded results { outcome event { ${fields} } error { code field } } }
      }`,
      { inputs },
    );
    expect(errors).toEqual([]);
    expect(data?.recordUsageBatch.recorded).toBe(recorded);
    const [, result] = data?.recordUsageBatch.results ?? [];
    const taken = as === undefined ? {} : { event: { [field]: as } };
    expect(result).toMatchObject(
      recorded === 2 ? { outcome: 'REJECTED', error: { code: 'VALIDATION_ERROR', field } } : taken,
    );
  });

  it('is told by its requestId, and what is no call at all is rejected too', async () => {
    const inputs = [7, null, { requestId: 'known', inputTokens: {} }, { requestId: 'good', inputTokens: 1 }];
    const { data } = await gateway.send<{ recordUsageBatch: { results: object[] } }, object>(
      `mutation ($inputs: [RecordUsageInput!]!) {
        recordUsageBatch(inputs: $inputs) { results { outcome requestId error { message } } }
      }`,
      { inputs: inputs.map((input) => (input && typeof input === 'object' ? { ...input, tenantId: 'acme' } : input)) },
    );
    const noCall = { outcome: 'REJECTED', requestId: null, error: { message: 'A call must be a JSON object' } };
    expect(data?.recordUsageBatch.results).toMatchObject([
      noCall,
      noCall,
      { outcome: 'REJECTED', requestId: 'known' },
      { outcome: 'RECORDED', requestId: 'good' },
    ]);
  });
});

describe('a whole number that JavaScript would round', () => {
  let gateway: TestGateway;
  beforeAll(async () => void (gateway = await startTestGateway('embedded')));
  afterAll(() => gateway?.close());

  const record = async (call: string) => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${superuserKey}` },
      body: `{"query":"mutation ($inputs: [RecordUsageInput!]!) { recordUsageBatch(inputs: $inputs) { results { outcome event { metadata } error { field message } } } }","variables":{"inputs":[${call}]}}`,
    });
    const { data } = JSON.parse(await response.text());
    return data.recordUsageBatch.results[0];
  };
  const call = (more: string) => `{"tenantId":"acme","inputTokens":1,${more}}`;

  it('is refused by name in metadata, and kept as a string', async () => {
    const refused = await record(call('"metadata":{"order":{"id":9007199254740993}}'));
    expect(refused).toMatchObject({ outcome: 'REJECTED', error: { field: 'metadata' } });
    expect(refused.error.message).toContain('9007199254740993');
    expect(await record(call('"metadata":{"id":"9007199254740993"}'))).toMatchObject({ outcome: 'RECORDED' });
  });

  it('is refused as well where the call is written into the document', async () => {
    const write = (metadata: string) =>
      gateway.send(
        `mutation ($id: String) { recordUsage(input: {tenantId: "acme", inputTokens: 1, metadata: ${metadata}}) { event { metadata } } }`,
        { id: 'abc' },
      );
    const refused = await write('{order: {ids: [$id, 9007199254740993]}}');
    expect(refused.errors?.[0]?.message).toContain('9007199254740993; send it as a string');
    const { data } = await write('{ids: [9007199254740991, -1, 0.5, null, true, "\\"\\n"], of: {a: $id}}');
    expect(data).toEqual({
      recordUsage: {
        event: { metadata: { ids: [9_007_199_254_740_991, -1, 0.5, null, true, '"\n'], of: { a: 'abc' } } },
      },
    });
  });

  it('is no count of anything', async () => {
    expect(await record(call('"durationMs":90071992547409931'))).toMatchObject({ error: { field: 'durationMs' } });
  });

  it('does not stand for those that stay exact', async () => {
    const metadata = {
      id: 1_234_567_890_123_456,
      large: 1e300,
      even: 9_007_199_254_740_994,
      text: ':1234567890123456789',
    };
    expect(await record(call(`"metadata":${JSON.stringify(metadata)}`))).toMatchObject({ event: { metadata } });
  });
});

describe('a single call in a variable', () => {
  let gateway: TestGateway;
  beforeAll(async () => void (gateway = await startTestGateway('embedded')));
  afterAll(() => gateway?.close());

  it.each([
    ['mutation ($input: RecordUsageInput!) { recordUsage(input: $input) { outcome } }'],
    ['mutation ($input: RecordUsageInput!) { recordUsageBatch(inputs: [$input]) { recorded } }'],
    ['mutation ($input: [RecordUsageInput!]!) { recordUsageBatch(inputs: $input) { recorded } }'],
  ])('is read in %s', async (document) => {
    const { errors } = await gateway.send(document, { input: { tenantId: 'acme', inputTokens: '7' } });
    expect(errors).toEqual([]);
  });

  it('is refused with the field that is wrong', async () => {
    const document = 'mutation ($input: RecordUsageInput!) { recordUsage(input: $input) { outcome } }';
    const { errors } = await gateway.send(document, { input: { tenantId: 'acme', inputTokens: 'many' } });
    expect(errors).toMatchObject([{ extensions: { code: 'VALIDATION_ERROR', field: 'inputTokens' } }]);
  });

  it('must be there', async () => {
    const document = 'mutation ($input: RecordUsageInput!) { recordUsage(input: $input) { outcome } }';
    const { errors } = await gateway.send(document, {});
    expect(errors).toHaveLength(1);
    await expect(gateway.ask(RecordBatch, { inputs: [] })).resolves.toMatchObject({
      recordUsageBatch: { recorded: 0 },
    });
  });
});
