import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { accessTable, callers, type Caller } from './access-table.ts';
import { startCallingGateway, type CallingGateway } from './callers.ts';
import { documentOf } from './document-of.ts';

const who: Partial<Record<Caller, string>> = {
  admin: 'This key (TENANT_ADMIN of own)',
  user: 'This user (TENANT_ADMIN of own)',
  member: 'This key (TENANT_MEMBER of own)',
  writer: 'This key (usage:write of own)',
  reader: 'This key (usage:read of own)',
  impersonator: 'This impersonation (reading own)',
  guest: 'This user (without a membership)',
  foreign: 'This key (TENANT_ADMIN of elsewhere)',
};

/** By caller and field: what it may not, and what that needs. */
const examples: readonly [caller: Caller, field: string, rest: string][] = [
  ['reader', 'Query.allUsage', 'ask allUsage; that needs a superuser.'],
  ['admin', 'Mutation.createTenant', 'call createTenant; that needs a superuser.'],
  ['user', 'Mutation.stopImpersonation', 'call stopImpersonation; that needs a superuser.'],
  ['writer', 'Query.usage', 'ask usage; that needs the scope usage:read or a role in the tenant.'],
  ['member', 'Mutation.recordUsage', 'call recordUsage; that needs the scope usage:write or the role TENANT_ADMIN.'],
  ['member', 'Query.apiKeys', 'ask apiKeys; that needs the role TENANT_ADMIN.'],
  ['reader', 'Mutation.voidUsage', 'call voidUsage; that needs the role TENANT_ADMIN.'],
  ['impersonator', 'Mutation.createAgent', "call createAgent; that needs the superuser's own key or token."],
  ['guest', 'Query.usage', 'ask usage; that needs an invitation to the tenant.'],
  ['guest', 'Query.estimateCost', 'ask estimateCost; that needs an invitation to the tenant.'],
  ['guest', 'Query.tenants', 'ask tenants; that needs a superuser.'],
  ['foreign', 'Query.usage', 'ask usage of another tenant; that needs a superuser.'],
  ['foreign', 'Query.tenant', 'ask tenant of another tenant; that needs a superuser.'],
  ['foreign', 'Query.estimateCost', 'ask estimateCost of another tenant; that needs a superuser.'],
  ['foreign', 'Mutation.createAgent', 'call createAgent of another tenant; that needs a superuser.'],
  ['foreign', 'Mutation.recordUsage', 'act for another tenant; that needs a superuser.'],
  ['foreign', 'Mutation.revokeApiKey', 'change a key that is not of its tenant; that needs a superuser.'],
  ['foreign', 'Mutation.revokeInvitation', 'revoke an invitation that is not to its tenant; that needs a superuser.'],
];

/** Fields that refuse by what their arguments name, in their own words. */
const inOwnWords = new Set(
  examples
    .slice(-3)
    .map(([, field]) => field)
    .concat('Query.previewUsage', 'Mutation.rotateApiKey', 'Mutation.reserveUsage', 'Mutation.releaseReservation'),
);

describeOnEachDatabase('a refusal', (kind) => {
  let gateway: CallingGateway;

  beforeAll(async () => {
    gateway = await startCallingGateway(kind);
  });
  afterAll(() => gateway?.close());

  /** Its one error, with everything in the arguments that stands for "own" replaced. */
  async function refuse(caller: Caller, field: string, tenant = 'own', ids: string | undefined = undefined) {
    const args = accessTable.find((rule) => rule.field === field)?.args ?? {};
    const text = JSON.stringify(args)
      .replaceAll('CALLER', caller)
      .replaceAll('"own"', JSON.stringify(tenant))
      .replaceAll('"KEY"', JSON.stringify(ids ?? gateway.keyOf[caller]))
      .replaceAll('"INVITATION"', JSON.stringify(ids ?? gateway.invitationOf[caller]));
    const { errors } = await gateway.send<object, object>(
      documentOf(field, args),
      JSON.parse(text),
      gateway.credentials[caller],
    );
    return errors;
  }

  it.each(examples)('tells %s why %s is closed', async (caller, field, rest) => {
    expect(await refuse(caller, field)).toMatchObject([
      { message: `${who[caller]} may not ${rest}`, extensions: { code: 'FORBIDDEN' } },
    ]);
  });

  const known = callers.filter((caller) => who[caller] !== undefined);
  it.each(accessTable)('of $field names the field and who asked for it, for every caller', async ({ field, may }) => {
    for (const caller of known.filter((one) => !may.includes(one))) {
      const [error, ...others] = await refuse(caller, field);
      expect(others).toEqual([]);
      const { message = '' } = error ?? {};
      expect(message.startsWith(`${who[caller]} may not `)).toBe(true);
      expect(message).toMatch(/; that needs [^;]+\.$/);
      const naming = caller === 'foreign' && inOwnWords.has(field) ? field : message;
      expect(naming).toContain(field.split('.')[1]);
    }
  });

  it.each(accessTable)('of $field does not tell what exists', async ({ field, may }) => {
    for (const caller of known.filter((one) => !may.includes(one)))
      expect(await refuse(caller, field, 'nowhere', 'nothing')).toEqual(
        await refuse(caller, field, caller === 'foreign' ? 'own' : 'elsewhere', gateway.keyOf['anonymous']),
      );
    expect(await refuse('admin', field, 'nowhere', 'nothing')).toEqual(
      await refuse('admin', field, 'elsewhere', 'nothing'),
    );
  });

  it('of a field of another type names both', async () => {
    const { writer } = gateway.credentials;
    const { errors } = await gateway.send('{ viewer { tenant { agents { pageInfo { endCursor } } } } }', {}, writer);
    const needed = 'the scope usage:read or a role in the tenant';
    expect(errors).toMatchObject([
      { message: `${who.writer} may not ask Tenant.agents; that needs ${needed}.`, extensions: { code: 'FORBIDDEN' } },
    ]);
  });

  it('of the role SUPERUSER says who may give it', async () => {
    const { admin } = gateway.credentials;
    for (const document of [
      'mutation { createApiKey(input: { name: "Key", role: SUPERUSER }) { secret } }',
      'mutation { inviteUser(email: "a@example.com", role: SUPERUSER) { id } }',
    ])
      expect((await gateway.send(document, {}, admin)).errors).toMatchObject([
        {
          message: 'This key (TENANT_ADMIN of own) may not give the role SUPERUSER; that needs a superuser.',
          extensions: { code: 'FORBIDDEN', field: 'role' },
        },
      ]);
  });
});
