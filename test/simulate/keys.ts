import { createKey, revokeKey, totalCalls, recordOne, viewer } from './documents.ts';
import { SimulationFailure } from './journal.ts';
import type { SentCall } from './ledger.ts';
import { revokedEverywhereMs } from './lives.ts';
import { record } from './recording.ts';
import { codeOf, send, sendUntilAnswered, unexpected, type Answered, type Manner, type World } from './world.ts';

/** A key that a client has made, and what it knows of its end. */
export interface MadeKey {
  readonly tenantId: string;
  readonly id: string;
  readonly secret: string;
  endBegunMs: number | undefined;
  endedMs: number | undefined;
}

/** @returns nothing when there was no answer: if there is a key, nobody knows it. */
export async function makeKey(world: World, manner: Manner, tenantId: string): Promise<MadeKey | undefined> {
  const what = `make a key of ${tenantId}`;
  const answer = await send(world, what, manner, {
    document: createKey,
    variables: { tenantId, scopes: ['USAGE_WRITE', 'USAGE_READ'] },
  });
  if (!answer) return undefined;
  if (answer.errors.length > 0) unexpected(what, answer);
  // What the document asks for.
  const { createApiKey } = answer.data as { createApiKey: { secret: string; apiKey: { id: string } } };
  const { secret, apiKey } = createApiKey;
  return { tenantId, id: apiKey.id, secret, endBegunMs: undefined, endedMs: undefined };
}

/** Asks who one is with a key, and records with it, and looks whether it works as long as it should and no longer. */
export async function useKey(world: World, manner: Manner, key: MadeKey, call: SentCall): Promise<void> {
  const what = `use key ${key.id}`;
  const sentMs = Date.now();
  const answer = await send(world, what, manner, { document: viewer, variables: {}, key: key.secret });
  if (answer) {
    const code = codeOf(answer);
    if (code !== undefined && code !== 'UNAUTHENTICATED') unexpected(what, answer);
    failUnlessRight(key, sentMs, code === undefined, what);
    // What the document asks for.
    const tenant = (answer.data as { viewer?: { tenant: { id: string } } } | null)?.viewer?.tenant.id;
    if (code === undefined && tenant !== key.tenantId) unexpected(what, answer);
  }
  const recordedMs = Date.now();
  const isAnswered = await record(world, manner, {
    calls: [call],
    alone: true,
    key: key.secret,
    tries: 1,
    refusals: key.endBegunMs === undefined ? [] : ['UNAUTHENTICATED'],
  });
  const isStored = world.ledger.find(call.tenantId, call.requestId)?.stored !== undefined;
  if (isAnswered) failUnlessRight(key, recordedMs, isStored, what);
}

function failUnlessRight({ endBegunMs, endedMs, id }: MadeKey, sentMs: number, worked: boolean, what: string): void {
  if (worked && endedMs !== undefined && sentMs - endedMs > revokedEverywhereMs)
    throw new SimulationFailure(`${id} works ${sentMs - endedMs} ms after its revocation`, [what, id]);
  if (!worked && endBegunMs === undefined) throw new SimulationFailure(`${id} does not work`, [what, id]);
}

/** Revokes a key. */
export async function endKey(world: World, manner: Manner, key: MadeKey): Promise<void> {
  const what = `revoke key ${key.id}`;
  key.endBegunMs ??= Date.now();
  learnEnd(key, what, await send(world, what, manner, { document: revokeKey, variables: { id: key.id } }));
}

/** Revokes a key of which it is not known whether it is. */
export async function settleKey(world: World, key: MadeKey): Promise<void> {
  if (key.endBegunMs === undefined || key.endedMs !== undefined) return;
  const what = `revoke key ${key.id}`;
  learnEnd(key, what, await sendUntilAnswered(world, what, { document: revokeKey, variables: { id: key.id } }));
}

function learnEnd(key: MadeKey, what: string, answer: Answered | undefined): void {
  if (!answer) return;
  if (answer.errors.length > 0) unexpected(what, answer);
  key.endedMs ??= Date.now();
}

/** Asks for another tenant's numbers with a tenant's key, and records for it, neither of which may be. */
export async function askForAnother(world: World, manner: Manner, tenantId: string, other: string): Promise<void> {
  const key = world.adminKeys.get(tenantId);
  const input = { tenantId: other, requestId: 'foreign', inputTokens: 1, outputTokens: 1 };
  for (const { document, variables } of [
    { document: totalCalls, variables: { tenantId: other } },
    { document: recordOne, variables: { input } },
  ]) {
    const what = `ask for ${other} with the key of ${tenantId}`;
    const answer = await send(world, what, manner, { document, variables, key });
    if (answer && codeOf(answer) !== 'FORBIDDEN') unexpected(what, answer);
  }
}
