import { describe, expect, it, onTestFinished } from 'vitest';
import { createTestDatabase, databaseKinds, unavailable } from '../support/databases.ts';
import { startTestGateway } from '../support/gateway.ts';
import { createChannel, createTenant, revokeAKey, settledDeliveries, toThisMachine } from './channels.ts';
import { startReceiver, verified } from './receiver.ts';

// The embedded database is one gateway's alone.
const reason = databaseKinds.includes('postgres') ? unavailable('postgres') : 'it needs a server';

describe.skipIf(reason)(`several gateways [postgres]${reason ? ` (left out: ${reason})` : ''}`, () => {
  it('deliver each event once between them, in order for each channel', async () => {
    const database = await createTestDatabase('postgres');
    const shared = { config: { notifications: toThisMachine }, database: { ...database, drop: async () => {} } };
    const gateways = await Promise.all([1, 2, 3].map(() => startTestGateway('postgres', shared)));
    onTestFinished(async () => {
      for (const gateway of gateways) await gateway.close();
      await database.drop();
    });
    const [first] = gateways;
    if (!first) throw new Error('There are three.');
    const names = Array.from({ length: 12 }, (_, no) => String(no));
    const tenants = await Promise.all(
      ['a', 'b', 'c'].map(async (tenantId) => {
        const asking = { gateway: first, tenantId };
        await createTenant(asking);
        const receivers = await Promise.all([1, 2].map(() => startReceiver()));
        const channels = await Promise.all(
          receivers.map(({ url }) => createChannel(asking, { url, events: ['KEY_REVOKED'] })),
        );
        return { asking, receivers, channels };
      }),
    );
    await Promise.all(
      tenants.map(async ({ asking }) => {
        for (const [no, name] of names.entries())
          await revokeAKey({ ...asking, gateway: gateways[no % gateways.length] ?? first }, name);
      }),
    );
    for (const { asking, receivers, channels } of tenants)
      for (const [no, receiver] of receivers.entries()) {
        const { channel, secret = '' } = channels[no] ?? {};
        const settled = await settledDeliveries(asking, channel?.id ?? '');
        expect(settled.map(({ status, attempts }) => [status, attempts])).toEqual(names.map(() => ['DELIVERED', 1]));
        expect(receiver.received.map((one) => verified(one, secret).data['name'])).toEqual(names);
      }
  });
});
