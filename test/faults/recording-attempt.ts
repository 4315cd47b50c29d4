import type { RecordUsageInput } from '../acceptance/gql/graphql.ts';
import { superuserKey } from '../support/gateway.ts';
import { ask, bearer, type Answer } from '../web/requests.ts';

export const tenantId = 'faults';

/** A call with an idempotency key and a price, so that it can be sent again and found again. */
export type KeyedCall = RecordUsageInput & { requestId: string; costUsd: string };

/** What may become of a request while something fails: acknowledged, refused for now, or never answered. */
export type Attempt = { outcome: 'acknowledged' | 'unanswered' } | { outcome: 'overloaded'; answer: Answer };

const one = `mutation ($input: RecordUsageInput!) {
  recordUsage(input: $input) { outcome event { requestId } }
}`;
const many = `mutation ($inputs: [RecordUsageInput!]!) {
  recordUsageBatch(inputs: $inputs) { results { outcome requestId error { code } } }
}`;

/**
 * Sends calls once: a single one with `recordUsage`, several with `recordUsageBatch`.
 * @throws when the answer is neither an acknowledgement of every call nor OVERLOADED.
 */
export async function attempt(gateway: { url: string }, calls: readonly KeyedCall[]): Promise<Attempt> {
  const [first] = calls;
  const answer = await answerOf(() =>
    calls.length === 1
      ? ask(gateway, one, bearer(superuserKey), { input: first })
      : ask(gateway, many, bearer(superuserKey), { inputs: calls }),
  );
  if (!answer) return { outcome: 'unanswered' };
  if (
    answer.status === 503 &&
    answer.errors.length > 0 &&
    answer.errors.every(({ extensions }) => extensions.code === 'OVERLOADED')
  )
    return { outcome: 'overloaded', answer };
  const expected = JSON.stringify(calls.map(({ requestId }) => requestId));
  if (answer.errors.length > 0 || JSON.stringify(acknowledgedIn(answer)) !== expected)
    throw new Error(`${calls.length} calls were answered with status ${answer.status}: ${answer.text.slice(0, 2_000)}`);
  return { outcome: 'acknowledged' };
}

/** The answer, or nothing when the connection broke before its end. */
async function answerOf(send: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await send();
  } catch (error) {
    // What fetch throws for a connection that cannot be had or that is lost.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

interface Outcome {
  outcome: string;
  requestId: string;
}

function acknowledgedIn({ text }: Answer): string[] {
  const { data }: { data: Partial<Recorded> } = JSON.parse(text);
  const single = data.recordUsage && [{ outcome: data.recordUsage.outcome, ...data.recordUsage.event }];
  const results = single ?? data.recordUsageBatch?.results ?? [];
  return results
    .filter(({ outcome }) => outcome === 'RECORDED' || outcome === 'DUPLICATE')
    .map(({ requestId }) => requestId);
}

interface Recorded {
  recordUsage: { outcome: string; event: { requestId: string } };
  recordUsageBatch: { results: Outcome[] };
}
