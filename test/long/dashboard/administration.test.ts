import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInChromium } from '../../support/chromium.ts';
import { superuserKey } from '../../support/gateway.ts';
import { startDemoGateway, type DemoGateway } from './demo-gateway.ts';
import { openDashboard, type OpenDashboard } from './open-dashboard.ts';

describeInChromium('administration in the dashboard', (launch) => {
  let demo: DemoGateway;
  let browser: Browser;
  let dashboard: OpenDashboard;
  let page: Page;
  beforeAll(async () => {
    demo = await startDemoGateway();
    browser = await launch();
    dashboard = await openDashboard(browser, demo.gateway);
    ({ page } = dashboard);
    await dashboard.signIn(superuserKey);
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await demo.gateway.close();
  });

  const dialog = () => page.getByRole('dialog');
  const fill = async (values: Record<string, string>) => {
    for (const [label, value] of Object.entries(values)) await dialog().getByLabel(label, { exact: true }).fill(value);
  };
  const send = (name: string) => dialog().getByRole('button', { name }).click();
  const closed = () => dialog().waitFor({ state: 'detached' });
  const row = (text: string) => page.getByRole('row').filter({ hasText: text });
  const ask = async <Data>(query: string) => (await demo.gateway.send<Data, object>(query)).data;
  const keyOf = async (input: string, tenantId = 'acme') => {
    const data = await ask<{ createApiKey: { secret: string } }>(
      `mutation { createApiKey(tenantId: "${tenantId}", input: ${input}) { secret } }`,
    );
    return data.createApiKey.secret;
  };

  it('creates a key that works, shows it once, rotates and revokes it', async () => {
    await dashboard.open('access?tenant=acme');
    await page.getByRole('button', { name: 'Create a key' }).click();
    await fill({ Name: 'from the dashboard' });
    await dialog().getByLabel('May').selectOption('Member: reads the tenant');
    await send('Create');
    const secret = (await dialog().getByLabel('The key').textContent()) ?? '';
    expect(await demo.gateway.send('{ usage { totals { totalCalls } } }', {}, secret)).toMatchObject({ errors: [] });
    await send('Close');
    await closed();
    expect(await page.content()).not.toContain(secret);
    await expect.poll(() => row('from the dashboard').getByText('in use').count()).toBe(1);

    await row('from the dashboard').getByRole('button', { name: 'Rotate' }).click();
    await send('Make a new secret');
    const rotated = (await dialog().getByLabel('The key').textContent()) ?? '';
    expect(rotated).not.toBe(secret);
    await send('Close');
    await closed();
    await row('from the dashboard').getByRole('button', { name: 'Revoke' }).click();
    await send('Revoke the key');
    await closed();
    await expect.poll(() => row('from the dashboard').getByText('revoked').count()).toBe(1);
    expect(await row('from the dashboard').getByRole('button').count()).toBe(0);
  });

  it('invites somebody, and takes the invitation back', async () => {
    await page.getByRole('button', { name: 'Invite somebody' }).click();
    await fill({ 'E-mail address': 'new@acme.example' });
    await send('Invite');
    await closed();
    await row('new@acme.example').getByRole('button', { name: 'Revoke' }).click();
    await send('Revoke the invitation');
    await closed();
    await expect.poll(() => row('new@acme.example').count()).toBe(0);
  });

  it('erases a user once it has told how many calls that is about', async () => {
    const [user] = (
      await ask<{ usage: { byUser: { userId: string; stats: { totalCalls: number } }[] } }>(
        '{ usage(tenantId: "acme", filters: { userId: ["user-1"] }) { byUser { userId stats { totalCalls } } } }',
      )
    ).usage.byUser;
    await dashboard.open('access?tenant=acme');
    await page.getByRole('button', { name: 'Erase a user' }).click();
    await fill({ 'User, as calls name it': 'user-1', Reason: 'asked for it' });
    await send('Count the calls');
    const told = (await dialog().getByRole('status').textContent()) ?? '';
    expect(told).toMatch(/^[\d,]+ calls name the user user-1\. Nothing was changed yet/);
    expect(Number(told.split(' ')[0]?.replaceAll(',', ''))).toBeGreaterThanOrEqual(user?.stats.totalCalls ?? Infinity);
    await send('Erase the user for good');
    await dialog().getByText('The user is erased.').waitFor();
    await send('Close');
    await closed();
    const after = await ask<{ usage: { totals: { totalCalls: number } } }>(
      '{ usage(tenantId: "acme", filters: { userId: ["user-1"] }) { totals { totalCalls } } }',
    );
    expect(after.usage.totals.totalCalls).toBe(0);
  });

  it('registers an agent with a budget, says what is wrong with one, and changes it', async () => {
    await dashboard.open('agents?tenant=acme');
    await page.getByRole('button', { name: 'Register an agent' }).click();
    await fill({ Id: 'dash', Name: 'Dash', 'Monthly budget in USD': 'much' });
    await send('Register');
    await dialog().getByRole('alert').waitFor();
    await fill({ 'Monthly budget in USD': '12.345' });
    await send('Register');
    await closed();
    await expect.poll(() => row('Dash').locator('data[value="12.345"]').count()).toBeGreaterThan(0);
    const { tenant } = await ask<{ tenant: { agents: { edges: { node: { id: string; budgetLimitUsd: string } }[] } } }>(
      '{ tenant(id: "acme") { agents { edges { node { id budgetLimitUsd } } } } }',
    );
    expect(tenant.agents.edges.map(({ node }) => node)).toContainEqual({ id: 'dash', budgetLimitUsd: '12.345' });
    const table = page.getByRole('table', { name: 'Agents' });
    await table.getByRole('row').filter({ hasText: 'Dash' }).getByRole('button', { name: 'Delete' }).click();
    await send('Delete the agent');
    await closed();
    await expect.poll(() => row('Dash').count()).toBe(0);
  });

  it('creates a budget that watches for spikes, shows how it stands and what it told, and deletes it', async () => {
    await dashboard.open('agents?tenant=acme');
    const now = Date.now();
    const record = async (requestId: string, at: number, costUsd: string) =>
      ask(`mutation { recordUsage(input: { tenantId: "acme", requestId: "${requestId}", userId: "loop", inputTokens: 1,
        costUsd: "${costUsd}", occurredAt: "${new Date(at).toISOString()}" }) { outcome } }`);
    for (let days = 1; days < 10; days++) await record(`usual ${days}`, now - days * 86_400_000, '3');
    await page.getByRole('button', { name: 'Watch for spikes' }).click();
    await fill({ Name: 'Runaway', 'And at least': '0' });
    await dialog().getByLabel('Whose').selectOption('Each user');
    await send('Create');
    await dialog().getByRole('alert').waitFor();
    await fill({ 'And at least': '20' });
    await send('Create');
    await closed();
    await record('loop', now, '20');
    await page.reload();
    const budgets = page.getByRole('table', { name: 'Other budgets' });
    const ofLoop = budgets.getByRole('row').filter({ hasText: 'loop' });
    await ofLoop.waitFor();
    const [shown = ''] = await ofLoop.allTextContents();
    expect(shown).toMatch(
      /^RunawaySpikes: hours of 5 times the usual, from \$20\.00each userloop\$20\.00\$3\.00100\s?%a spike/,
    );
    const told = page.getByRole('table', { name: 'What budgets told' }).getByRole('row').filter({ hasText: 'loop' });
    await told.waitFor();
    expect((await told.allTextContents()).map((text) => text.replace(/^.*(?=Runaway)/, ''))).toEqual([
      'RunawayloopA spike, where $3.00 is usual$20.00',
    ]);
    await ofLoop.getByRole('button', { name: 'Delete' }).click();
    await send('Delete the budget');
    await closed();
    await expect.poll(() => row('Runaway').count()).toBe(0);
  });

  it('shows the budgets as the gateway has them', async () => {
    const { budgetAlerts } = await ask<{ budgetAlerts: { agent: { name: string }; currentUsd: string }[] }>(
      '{ budgetAlerts(tenantId: "acme") { agent { name } currentUsd } }',
    );
    const shown = await page
      .getByRole('table', { name: 'Budgets of this month' })
      .locator('tbody tr')
      .evaluateAll((rows) =>
        rows.map((one) => [one.querySelector('td')?.textContent, one.querySelector('data')?.value]),
      );
    expect(shown).toEqual(budgetAlerts.map(({ agent, currentUsd }) => [agent.name, currentUsd]));
  });

  it('sets a price, and finds prices in the catalogue', async () => {
    await dashboard.open('prices?tenant=acme');
    await page.getByRole('button', { name: 'Set a price' }).click();
    await fill({ Provider: 'self-hosted', Model: 'house-blend-7b', Input: '0.123456', Output: '1' });
    await send('Set the price');
    await closed();
    const own = page.getByRole('table', { name: 'Own prices' });
    await expect.poll(() => own.getByText('$0.123456').count()).toBe(1);
    await page.getByLabel('Models with').fill('gpt-5-mini');
    await page.getByLabel('Models with').press('Enter');
    await dashboard.settled();
    const { cataloguePrices } = await ask<{ cataloguePrices: { edges: unknown[] } }>(
      '{ cataloguePrices(search: "gpt-5-mini") { edges { cursor } } }',
    );
    const catalogue = page.getByRole('table', { name: 'Catalogue' }).locator('tbody tr');
    await expect.poll(() => catalogue.count()).toBe(cataloguePrices.edges.length);
  });

  it('voids a call with a reason', async () => {
    const [call] = demo.callsOf(6, 0);
    await dashboard.open(`calls?tenant=acme&call=${call?.requestId}`);
    await page.getByRole('button', { name: 'Void this call' }).click();
    await fill({ Reason: 'counted twice' });
    await send('Void the call');
    await closed();
    await expect.poll(() => page.getByText('counted twice').count()).toBe(1);
  });

  it('creates a channel, shows its secret once, tests it and deletes it', async () => {
    await dashboard.open('notifications?tenant=acme');
    await page.getByRole('button', { name: 'Create a channel' }).click();
    await fill({ Name: 'On call', Address: 'http://hooks.example.com/s3cret' });
    await dialog().getByLabel('A key is revoked').check();
    await send('Create');
    await dialog().getByRole('alert').waitFor();
    await fill({ Address: 'https://nowhere.invalid/s3cret' });
    await send('Create');
    const secret = (await dialog().getByLabel('The secret').textContent()) ?? '';
    expect(secret).toMatch(/^whsec_/);
    await send('Close');
    await closed();
    await expect.poll(() => row('On call').getByText('https://nowhere.invalid/…').count()).toBe(1);
    expect(await page.content()).not.toContain('s3cret');
    await row('On call').getByRole('button', { name: 'Test' }).click();
    await send('Send a test');
    await closed();
    const problem = async () => {
      await page.getByRole('button', { name: 'Look again' }).click();
      const told = page.getByRole('table', { name: 'Deliveries to On call' });
      return told.getByText(/could not be resolved|could not be reached/).count();
    };
    await expect.poll(problem, { timeout: 30_000, interval: 500 }).toBe(1);
    await row('On call').getByRole('button', { name: 'Delete' }).click();
    await send('Delete the channel');
    await closed();
    await expect.poll(() => row('On call').count()).toBe(0);
  });

  it('shows all of that in the audit, and no secret', async () => {
    await dashboard.open('audit?tenant=acme');
    const acts = await page.locator('tbody tr td:nth-child(4)').allTextContents();
    for (const act of [
      'key.create',
      'key.rotate',
      'key.revoke',
      'agent.create',
      'agent.delete',
      'usage.void',
      'channel.create',
    ])
      expect(acts).toContain(act);
  });

  it('lists tenants with their usage, and creates and deletes one', async () => {
    await dashboard.open('tenants?period=LAST_7_DAYS');
    const { allUsage } = await ask<{
      allUsage: { tenants: { edges: { node: { stats: { totalCostUsd: string } } }[] } };
    }>('{ allUsage(period: LAST_7_DAYS) { tenants { edges { node { stats { totalCostUsd } } } } } }');
    const costs = await page
      .locator('tbody tr')
      .evaluateAll((rows) => rows.map((one) => [...one.querySelectorAll('data')].at(-1)?.value));
    expect(costs).toEqual(allUsage.tenants.edges.map(({ node }) => node.stats.totalCostUsd));
    await page.getByRole('button', { name: 'Create a tenant' }).click();
    await fill({ Id: 'hooli', Name: 'Hooli', 'Time zone': 'Nowhere/City' });
    await send('Create');
    await dialog().getByRole('alert').waitFor();
    await fill({ 'Time zone': 'Europe/Paris' });
    await send('Create');
    await closed();
    await expect.poll(() => page.getByRole('banner').locator('option', { hasText: 'Hooli' }).count()).toBe(1);
    await row('Hooli').getByRole('button', { name: 'Delete' }).click();
    await send('Delete the tenant');
    await closed();
    await expect.poll(() => row('Hooli').count()).toBe(0);
  });

  it('reads as the admin of a tenant, changes nothing meanwhile, and comes back', async () => {
    await dashboard.open('tenants');
    await row('Globex').getByRole('button', { name: 'See as its admin' }).click();
    await fill({ Reason: 'a question' });
    await send('Start');
    await page.getByText('You see what an admin of Globex Research can read').waitFor();
    await dashboard.settled();
    expect(await page.getByRole('navigation').getByRole('link', { name: 'Tenants' }).count()).toBe(0);
    await dashboard.open('access');
    expect(await page.getByRole('button', { name: 'Create a key' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('navigation').getByRole('link', { name: 'Tenants' }).waitFor();
  });

  it('comes back with a reason when the impersonation has ended', async () => {
    await dashboard.open('tenants');
    await row('Globex').getByRole('button', { name: 'See as its admin' }).click();
    await fill({ Reason: 'another question' });
    await send('Start');
    await page.getByText('You see what an admin of Globex Research can read').waitFor();
    await dashboard.settled();
    await ask('mutation { stopImpersonation }');
    let turn = 0;
    const ended = async () => {
      await dashboard.open(`${turn++ % 2 ? 'prices' : 'audit'}?tenant=globex`);
      return page.getByText('The impersonation has ended').count();
    };
    await expect.poll(ended, { timeout: 10_000, interval: 300 }).toBe(1);
    await page.getByRole('navigation').getByRole('link', { name: 'Tenants' }).waitFor();
  });

  it.each([
    [
      'a member',
      '{ name: "m", role: TENANT_MEMBER }',
      ['Overview', 'Explore', 'Calls', 'Agents and budgets', 'Statement', 'Prices', 'GraphiQL'],
    ],
    [
      'a service key that reads',
      '{ name: "r", scopes: [USAGE_READ] }',
      ['Overview', 'Explore', 'Calls', 'Agents and budgets', 'Statement', 'Prices', 'GraphiQL'],
    ],
    ['a service key that records', '{ name: "w", scopes: [USAGE_WRITE] }', ['GraphiQL']],
  ])('offers %s nothing that is refused', async (_name, input, offered) => {
    const other = await openDashboard(browser, demo.gateway);
    await other.signIn(await keyOf(input));
    expect(await other.page.getByRole('navigation').getByRole('link').allTextContents()).toEqual(offered);
    for (const name of ['agents', 'statement', 'prices', 'calls']) {
      await other.open(name);
      expect(
        await other.page.getByRole('button', { name: /Create|Register|Set a price|Delete|Void|Close/ }).count(),
      ).toBe(0);
      expect(await other.page.getByRole('alert').count()).toBe(0);
    }
    expect(other.complaints).toEqual([]);
    await other.page.context().close();
  });

  it('leaves the browser nothing to complain about', () => {
    expect(dashboard.complaints.filter((text) => !text.includes('401 (Unauthorized)'))).toEqual([]);
  });
});
