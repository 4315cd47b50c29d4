import type { TestGateway } from '../support/gateway.ts';

export interface StoredCall {
  requestId: string;
  occurredAt: string;
  provider: string;
  model: string;
  operation: string | null;
  agentId: string | null;
  userId: string | null;
  threadId: string | null;
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
  cacheWriteTokens: number;
  reasoningTokens: number;
  durationMs: number | null;
  timeToFirstTokenMs: number | null;
  status: string;
  serviceTier: string;
  tags: Record<string, string>;
  voidedAt: string | null;
  voidReason: string | null;
}

const document = `query ($tenantId: ID!) { calls(tenantId: $tenantId, first: 1000) { edges { node {
  requestId occurredAt provider model operation agentId userId threadId inputTokens outputTokens cachedInputTokens
  cacheWriteTokens reasoningTokens durationMs timeToFirstTokenMs status serviceTier tags voidedAt voidReason } } } }`;

/** All calls of a tenant, voided ones too. */
export async function storedCalls(gateway: TestGateway, tenantId: string): Promise<StoredCall[]> {
  const { data, errors } = await gateway.send<{ calls: { edges: { node: StoredCall }[] } }, object>(document, {
    tenantId,
  });
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data.calls.edges.map(({ node }) => node);
}
