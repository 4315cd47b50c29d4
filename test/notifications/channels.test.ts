import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { auditRows } from '../support/audit-rows.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import {
  ask,
  channelsOf,
  createChannel,
  createDocument,
  createTenant,
  deliveriesOf,
  refusalOf,
  revokeAKey,
  type Asking,
} from './channels.ts';

interface Page {
  edges: { node: { id: string } }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

const url = 'https://hooks.example.com/services/T0/B0/s3cret';

describeOnEachDatabase('notification channels', (kind) => {
  let gateway: TestGateway;
  let asking: Asking;
  let no = 0;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { folding: false });
  });
  afterAll(() => gateway.close());
  beforeEach(async () => {
    asking = { gateway, tenantId: `tenant${++no}` };
    await createTenant(asking);
  });

  const refusal = (input: object) =>
    refusalOf(asking, createDocument, {
      input: { name: 'C', kind: 'WEBHOOK', url, events: ['KEY_REVOKED'], ...input },
    });
  const keyOf = async (tenantId: string, role: string) => {
    const { createApiKey } = await ask<{ createApiKey: { secret: string } }>(
      asking,
      `mutation ($tenantId: ID, $role: Role) {
        createApiKey(tenantId: $tenantId, input: { name: "K", role: $role }) { secret } }`,
      { tenantId, role },
    );
    return createApiKey.secret;
  };

  it('are created, listed and deleted, with their addresses masked but for the host', async () => {
    const events = ['KEY_REVOKED', 'BUDGET_THRESHOLD', 'KEY_REVOKED'];
    const { channel, secret } = await createChannel(asking, { name: 'On call', url, events });
    expect(channel).toEqual({
      id: channel.id,
      name: 'On call',
      kind: 'WEBHOOK',
      url: 'https://hooks.example.com/…',
      events: ['KEY_REVOKED', 'BUDGET_THRESHOLD'],
      enabled: true,
    });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const slack = await createChannel(asking, { kind: 'SLACK', url });
    expect(slack.secret).toBe(null);
    expect((await channelsOf(asking)).map(({ id }) => id)).toEqual([channel.id, slack.channel.id]);
    const remove = 'mutation ($tenantId: ID, $id: ID!) { deleteNotificationChannel(tenantId: $tenantId, id: $id) }';
    await ask(asking, remove, { id: channel.id });
    expect(await channelsOf(asking)).toEqual([slack.channel]);
    for (const id of [channel.id, 'a\0b']) expect(await refusalOf(asking, remove, { id })).toEqual(['NOT_FOUND', 'id']);
    const acts = await auditRows(gateway, channel.id);
    expect(acts.map(({ action }) => action)).toEqual(['channel.create', 'channel.delete']);
    expect(JSON.stringify(acts)).not.toContain('s3cret');
    expect(JSON.stringify(acts)).not.toContain(secret);
  });

  it('need a name, an event, and an address that is public and encrypted', async () => {
    expect(await refusal({ name: '' })).toEqual(['VALIDATION_ERROR', 'name']);
    expect(await refusal({ events: [] })).toEqual(['VALIDATION_ERROR', 'events']);
    for (const wrong of [
      'nowhere',
      'ftp://example.com',
      'http://hooks.example.com/x',
      'https://user:password@hooks.example.com/x',
      `https://example.com/${'a'.repeat(2000)}`,
      'https://127.0.0.1/x',
      'https://2130706433/x',
      'https://0x7f.1/x',
      'https://10.1.2.3',
      'https://169.254.169.254/latest/meta-data',
      'https://[::1]/x',
      'https://[::ffff:10.0.0.1]/x',
      'https://[::7f00:1]/x',
      'https://[64:ff9b::a9fe:a9fe]/x',
      'https://[2002:a00:1::]/x',
      'https://[fe80::1]/x',
      'https://[fd00::1]/x',
    ])
      expect([wrong, ...(await refusal({ url: wrong }))]).toEqual([wrong, 'VALIDATION_ERROR', 'url']);
    expect(await channelsOf(asking)).toEqual([]);
    const elsewhere = { gateway, tenantId: 'nowhere' };
    const input = { name: 'C', kind: 'SLACK', url, events: ['KEY_REVOKED'] };
    expect((await refusalOf(elsewhere, createDocument, { input }))[0]).toBe('NOT_FOUND');
  });

  it('are at most 20 for a tenant, also when several are created at once', async () => {
    const input = { name: 'C', kind: 'SLACK', url, events: ['KEY_REVOKED'] };
    await Promise.all(
      Array.from({ length: 23 }, () => gateway.send(createDocument, { ...asking, gateway: undefined, input })),
    );
    expect(await channelsOf(asking)).toHaveLength(20);
    expect(await refusal({})).toEqual(['VALIDATION_ERROR', undefined]);
  });

  it('are of their tenant alone', async () => {
    const own = await createChannel(asking, { url });
    await revokeAKey(asking);
    const other = { gateway, tenantId: `other${no}` };
    await createTenant(other);
    const theirs = await createChannel(other, { url });
    expect(await deliveriesOf(asking, own.channel.id)).toHaveLength(1);
    expect(await deliveriesOf(other, theirs.channel.id)).toEqual([]);
    const admin = await keyOf(other.tenantId, 'TENANT_ADMIN');
    const [delivery] = await deliveriesOf(asking, own.channel.id);
    const asAdmin = async (document: string, variables: object) => {
      const { errors } = await gateway.send(document, variables, admin);
      return errors[0]?.extensions.code;
    };
    const { id } = own.channel;
    expect(await asAdmin('query ($id: ID!) { deliveries(channelId: $id) { edges { cursor } } }', { id })).toBe(
      'NOT_FOUND',
    );
    for (const field of ['deleteNotificationChannel(id: $id)', 'testNotificationChannel(id: $id) { id }'])
      expect(await asAdmin(`mutation ($id: ID!) { ${field} }`, { id })).toBe('NOT_FOUND');
    const rotate = 'mutation ($id: ID!) { rotateNotificationSecret(id: $id) { secret } }';
    expect(await asAdmin(rotate, { id })).toBe('NOT_FOUND');
    const resend = 'mutation ($id: ID!) { resendDelivery(id: $id) { id } }';
    expect(await asAdmin(resend, { id: delivery?.id })).toBe('NOT_FOUND');
    expect(
      await asAdmin('query ($of: ID) { notificationChannels(tenantId: $of) { id } }', { of: asking.tenantId }),
    ).toBe('FORBIDDEN');
    expect(await channelsOf(asking)).toHaveLength(1);
  });

  it('list their deliveries by pages, newest first', async () => {
    const { channel } = await createChannel(asking, { url });
    for (const name of ['1', '2', '3', '4', '5']) await revokeAKey(asking, name);
    const all = (await deliveriesOf(asking, channel.id)).map(({ id }) => id);
    expect(new Set(all).size).toBe(5);
    const paged: string[] = [];
    for (let after: string | null = null; ;) {
      const { deliveries }: { deliveries: Page } = await ask(
        asking,
        `query ($tenantId: ID, $channelId: ID!, $after: String) {
          deliveries(tenantId: $tenantId, channelId: $channelId, first: 2, after: $after) {
            edges { node { id } } pageInfo { hasNextPage endCursor } } }`,
        { channelId: channel.id, after },
      );
      paged.push(...deliveries.edges.map(({ node }) => node.id));
      if (!deliveries.pageInfo.hasNextPage) break;
      after = deliveries.pageInfo.endCursor;
    }
    expect(paged).toEqual(all);
    const query = `query ($tenantId: ID, $channelId: ID!, $after: String) {
      deliveries(tenantId: $tenantId, channelId: $channelId, after: $after) { edges { cursor } } }`;
    for (const after of ['x', Buffer.from('["2026-01-01T00:00:00.000Z","x","y"]').toString('base64url')])
      expect(await refusalOf(asking, query, { channelId: channel.id, after })).toEqual(['VALIDATION_ERROR', 'after']);
    expect(await refusalOf(asking, query, { channelId: 'none' })).toEqual(['NOT_FOUND', 'channelId']);
  });
});
