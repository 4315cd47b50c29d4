import type { GraphQLAnswer, TestGateway } from '../support/gateway.ts';

const document = `mutation ($tenantId: ID, $userId: String!, $reason: String!, $dryRun: Boolean!) {
  eraseUser(tenantId: $tenantId, userId: $userId, reason: $reason, dryRun: $dryRun) { at calls dryRun } }`;

interface Erased {
  eraseUser: { at: string; calls: number; dryRun: boolean };
}

export interface Erasing {
  tenantId: string;
  userId: string;
  reason?: string;
  dryRun?: boolean;
}

/** Asks for the erasure of a user, in earnest unless it says otherwise, as the superuser or with another key. */
export const sendErasure = (gateway: TestGateway, asked: Erasing, key?: string): Promise<GraphQLAnswer<Erased>> =>
  gateway.send<Erased, object>(document, { reason: 'asked for it', dryRun: false, ...asked }, key);

/** Erases a user and returns the number of calls; fails the test on any error. */
export async function erase(gateway: TestGateway, asked: Erasing): Promise<number> {
  const { data, errors } = await sendErasure(gateway, asked);
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data.eraseUser.calls;
}
