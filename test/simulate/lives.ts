import type { SentCall } from './ledger.ts';
import { createKey, createTenant, deleteTenant } from './documents.ts';
import { superuserKey } from './gateway.ts';
import { SimulationFailure } from './journal.ts';
import type { LifeStep } from './operations.ts';
import { record } from './recording.ts';
import { codeOf, send, unexpected, type Manner, type World } from './world.ts';

/** Revocations and deletions hold on every instance after this. */
export const revokedEverywhereMs = 5_000;

interface TenantKey {
  secret: string;
  /** When its tenant began to be deleted, and when it was. */
  endBegunMs: number | undefined;
  endedMs: number | undefined;
}

/** A tenant that one client makes and deletes, and its latest key. */
export interface Life {
  readonly tenantId: string;
  key: TenantKey | undefined;
}

const timezone = 'Asia/Kathmandu';

/** Takes a step in the life of a tenant, and looks whether its answer can be right. */
export async function takeStep(
  world: World,
  manner: Manner,
  life: Life,
  step: LifeStep,
  call: SentCall,
): Promise<void> {
  const other = { ...manner, gateway: manner.gateway + 1 };
  switch (step) {
    case 'create':
      await create(world, manner, life.tenantId);
      return;
    case 'create at both': {
      const made = await Promise.all([create(world, manner, life.tenantId), create(world, other, life.tenantId)]);
      if (made.every((one) => one === 'made')) throw twice(life.tenantId);
      return;
    }
    case 'delete':
      await remove(world, manner, life);
      return;
    case 'record':
      await recordAsSuperuser(world, manner, call);
      return;
    case 'record with its key':
      await recordWithKey(world, manner, life, call);
      return;
    case 'delete and record':
      await Promise.all([remove(world, manner, life), recordAsSuperuser(world, other, call)]);
      return;
    case 'make a key':
      await makeKey(world, manner, life);
  }
}

const twice = (tenantId: string) => new SimulationFailure(`${tenantId} was made twice at once`, [tenantId]);

async function create(world: World, manner: Manner, id: string): Promise<'made' | 'there' | undefined> {
  const what = `create tenant ${id}`;
  world.tenancy.begin(id);
  const answer = await send(world, what, manner, { document: createTenant, variables: { id, name: id, timezone } });
  const code = answer && codeOf(answer);
  if (answer && code !== undefined && code !== 'VALIDATION_ERROR') unexpected(what, answer);
  if (answer) settleStep(world, id, what, code === undefined ? 'absent' : 'present', 'present');
  world.tenancy.end(id, answer !== undefined);
  if (!answer) return undefined;
  return code === undefined ? 'made' : 'there';
}

/** While two things happen to a tenant at once, an answer tells nothing of what was before. */
function settleStep(
  world: World,
  id: string,
  what: string,
  before: 'absent' | 'present',
  after: 'absent' | 'present',
): void {
  world.tenancy.learn(id, what, world.tenancy.isAlone(id) ? before : undefined, after);
}

async function remove(world: World, manner: Manner, life: Life): Promise<void> {
  const { tenancy, ledger } = world;
  const { tenantId } = life;
  const what = `delete tenant ${tenantId}`;
  const hadCalls = ledger.ofTenant(tenantId).some(({ stored }) => stored);
  if (life.key) life.key.endBegunMs ??= Date.now();
  tenancy.begin(tenantId);
  const answer = await send(world, what, manner, { document: deleteTenant, variables: { id: tenantId } });
  if (answer) {
    const code = codeOf(answer);
    const mayHaveCalls = ledger.ofTenant(tenantId).some(({ stored, candidates }) => stored || candidates.length > 0);
    const isRight =
      code === undefined ? !hadCalls : code === 'NOT_FOUND' ? !hadCalls : code === 'VALIDATION_ERROR' && mayHaveCalls;
    if (!isRight) unexpected(what, answer);
    // A call that came at the same time makes the tenant again.
    const hasCalls = ledger.ofTenant(tenantId).some(({ stored }) => stored);
    const exists = hasCalls || code === 'VALIDATION_ERROR';
    settleStep(world, tenantId, what, code === 'NOT_FOUND' ? 'absent' : 'present', exists ? 'present' : 'absent');
    if (life.key && code === undefined) life.key.endedMs ??= Date.now();
  }
  tenancy.end(tenantId, answer !== undefined);
}

async function recordAsSuperuser(world: World, manner: Manner, call: SentCall): Promise<void> {
  world.tenancy.begin(call.tenantId);
  const isAnswered = await record(world, manner, { calls: [call], alone: true, key: superuserKey, tries: 1 });
  if (isAnswered) world.tenancy.learn(call.tenantId, 'record', undefined, 'present');
  world.tenancy.end(call.tenantId, isAnswered);
}

async function recordWithKey(world: World, manner: Manner, life: Life, call: SentCall): Promise<void> {
  const { tenantId, key } = life;
  if (!key) return;
  const { endBegunMs } = key;
  const sentMs = Date.now();
  world.tenancy.begin(tenantId);
  const isAnswered = await record(world, manner, {
    calls: [call],
    alone: true,
    key: key.secret,
    tries: 1,
    // Its tenant may be gone, and the key with it, though a gateway may not know yet.
    refusals: endBegunMs === undefined ? [] : ['UNAUTHENTICATED', 'NOT_FOUND'],
  });
  const isStored = world.ledger.find(tenantId, call.requestId)?.stored !== undefined;
  if (isStored && key.endedMs !== undefined && sentMs - key.endedMs > revokedEverywhereMs)
    throw new SimulationFailure(`${call.requestId} was recorded with a key of a deleted tenant`, [tenantId]);
  if (isStored) world.tenancy.learn(tenantId, 'record with its key', 'present', 'present');
  world.tenancy.end(tenantId, isAnswered);
}

async function makeKey(world: World, manner: Manner, life: Life): Promise<void> {
  const { tenantId } = life;
  const what = `make a key of ${tenantId}`;
  const answer = await send(world, what, manner, {
    document: createKey,
    variables: { tenantId, scopes: ['USAGE_WRITE'] },
  });
  if (!answer) return;
  const code = codeOf(answer);
  if (code !== undefined && code !== 'NOT_FOUND') unexpected(what, answer);
  world.tenancy.learn(
    tenantId,
    what,
    code === undefined ? 'present' : 'absent',
    code === undefined ? 'present' : 'absent',
  );
  if (code !== undefined) return;
  // What the document asks for.
  const { createApiKey } = answer.data as { createApiKey: { secret: string } };
  life.key = { secret: createApiKey.secret, endBegunMs: undefined, endedMs: undefined };
}
