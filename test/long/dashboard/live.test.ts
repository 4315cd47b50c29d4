import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildDashboard } from '../../../src/web/dashboard/build.ts';
import { describeInChromium } from '../../support/chromium.ts';
import { createTestDatabase, type TestDatabase } from '../../support/databases.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../../support/gateway.ts';
import { expectAccessible, openDashboard, type OpenDashboard } from './open-dashboard.ts';

describeInChromium('the overview', (launch) => {
  let database: TestDatabase;
  let gateway: TestGateway;
  let browser: Browser;
  let dashboard: OpenDashboard;

  const start = (port = 0) =>
    startTestGateway('embedded', {
      database: { config: database.config, drop: async () => undefined },
      config: { port },
    });
  const record = async () => {
    const { errors } = await gateway.send(
      'mutation { recordUsage(input: { tenantId: "acme", inputTokens: 1, outputTokens: 1 }) { outcome } }',
    );
    expect(errors).toEqual([]);
  };

  beforeAll(async () => {
    await buildDashboard();
    database = await createTestDatabase('embedded');
    gateway = await start();
    await record();
    browser = await launch();
    dashboard = await openDashboard(browser, gateway);
    await dashboard.signIn(superuserKey);
    await dashboard.open('overview?tenant=acme&period=TODAY');
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await gateway?.close();
    await database?.drop();
  });

  const shownCalls = () =>
    dashboard.page
      .locator('.tiles > div')
      .filter({ has: dashboard.page.locator('dt', { hasText: 'Calls' }) })
      .first()
      .locator('data')
      .first()
      .getAttribute('value');
  const mark = () => dashboard.page.locator('.live').textContent();
  const patience = { timeout: 45_000 };

  it('follows the ledger, and says so', async () => {
    await expect.poll(mark, patience).toBe('Live');
    await expect.poll(shownCalls, patience).toBe('1');
    await record();
    await expect.poll(shownCalls, patience).toBe('2');
    await expectAccessible(dashboard.page);
    expect(dashboard.complaints).toEqual([]);
  });

  it('says when it does not, and goes on when it can', async () => {
    const port = Number(new URL(gateway.url).port);
    await gateway.close();
    await expect.poll(mark, patience).toBe('Not connected');
    expect(await shownCalls()).toBe('2');
    gateway = await start(port);
    await record();
    await expect.poll(mark, patience).toBe('Live');
    await expect.poll(shownCalls, patience).toBe('3');
  });
});
