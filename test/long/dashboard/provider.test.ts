import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { buildDashboard } from '../../../src/web/dashboard/build.ts';
import { describeInChromium } from '../../support/chromium.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import {
  clientId,
  service,
  startIdentityProvider,
  tokenSeconds,
  type IdentityProvider,
} from '../../support/identity-provider.ts';
import { expectAccessible, openDashboard } from './open-dashboard.ts';

describeInChromium('signing in to the dashboard with an identity provider', (launch) => {
  let provider: IdentityProvider;
  let gateway: TestGateway;
  let browser: Browser;
  /** By how much the gateway's clock is ahead. */
  let aheadMs = 0;
  beforeAll(async () => {
    await buildDashboard();
    browser = await launch();
  });
  afterAll(() => browser.close());

  const start = async (audience?: string) => {
    aheadMs = 0;
    provider = await startIdentityProvider();
    gateway = await startTestGateway('embedded', {
      config: provider.settings(audience),
      clock: () => new Date(Date.now() + aheadMs),
    });
    onTestFinished(async () => {
      await gateway.close();
      await provider.close();
    });
    provider.register(gateway.url);
    await gateway.send('mutation { createTenant(input: { id: "acme", name: "Acme" }) { id } }');
    await gateway.send(
      'mutation { inviteUser(tenantId: "acme", email: "ada@example.com", role: TENANT_ADMIN) { id } }',
    );
    const opened = await openDashboard(browser, gateway);
    const context = opened.page.context();
    onTestFinished(() => context.close());
    const asked: string[] = [];
    context.on('request', (request) => {
      if (request.frame().url().startsWith(gateway.url)) asked.push(request.url());
    });
    // The provider's own pages want a typeface from elsewhere, and an icon that it does not have.
    const isWanted = ({ hostname, pathname }: URL) => hostname !== '127.0.0.1' || pathname === '/favicon.ico';
    await context.route(isWanted, (route) => route.fulfill({ status: 200, body: '' }));
    return { ...opened, asked };
  };
  const button = (page: Page) => page.getByRole('button', { name: /^Sign in with 127\.0\.0\.1/ });
  const stored = 'JSON.stringify([localStorage, sessionStorage, document.cookie, location.href])';
  const tokens = async (page: Page): Promise<string[]> =>
    JSON.stringify(await page.evaluate(stored)).match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g) ?? [];

  /** Goes through the provider's pages as somebody. */
  const signIn = async (page: Page, login: string) => {
    await button(page).click();
    await page.locator('input[name=login]').fill(login);
    await page.locator('input[name=password]').fill('any');
    await page.locator('button[type=submit]').click();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL(`${gateway.url}/**`);
  };

  it('lets an invited person in, shows the view that was asked for, and keeps tokens for the tab alone', async () => {
    const { page, complaints, asked } = await start();
    await expectAccessible(page);
    await page.goto(`${gateway.url}/#/agents?period=7`);
    await page.reload();
    await signIn(page, 'ada');
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await page.getByRole('heading', { level: 1, name: 'Agents' }).waitFor();
    await expect.poll(() => page.getByText('Acme').count()).toBeGreaterThan(0);
    expect(new URL(page.url()).search).toBe('');
    expect(await page.evaluate('JSON.stringify([localStorage, document.cookie, location.href])')).not.toMatch(/eyJ/);
    expect(await tokens(page)).not.toEqual([]);

    await page.reload();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    const another = await page.context().newPage();
    await another.goto(`${gateway.url}/`);
    await button(another).waitFor();
    expect(await tokens(another)).toEqual([]);
    expect(complaints).toEqual([]);
    const elsewhere = asked.filter((url) => ![gateway.url, provider.issuer].includes(new URL(url).origin));
    expect(asked).toContain(`${provider.issuer}/token`);
    expect(elsewhere.filter((url) => !url.startsWith('data:'))).toEqual([]);
  });

  it('tells somebody whom nobody has invited what to do', async () => {
    const { page, complaints } = await start();
    await signIn(page, 'eve');
    await expect.poll(() => page.getByText('You do not belong to a tenant yet').count()).toBe(1);
    expect(await page.getByRole('link', { name: 'Keys' }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('forgets everything on signing out, here and at the provider', async () => {
    const { page } = await start();
    await signIn(page, 'ada');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${provider.issuer}/**`);
    await page.getByRole('button', { name: /Yes/ }).click();
    await page.waitForURL(`${gateway.url}/**`);
    await button(page).waitFor();
    expect(await tokens(page)).toEqual([]);
    await button(page).click();
    await page.locator('input[name=login]').waitFor();
  });

  it('renews tokens before they run out, without anybody noticing', async () => {
    const { page, settled } = await start();
    await signIn(page, 'ada');
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await settled();
    const [before] = await tokens(page);
    // The overview follows the ledger, which it asks for once it is drawn.
    await page.getByText('Live', { exact: true }).waitFor();
    // Tokens that are made in one second are the same.
    await page.waitForTimeout(1_100);
    // An hour later, less than the margin.
    await page.clock.setFixedTime(Date.now() + (tokenSeconds - 10) * 1000);
    const sent: (string | undefined)[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/graphql')) sent.push(request.headers()['authorization']);
    });
    await page.evaluate(() => {
      location.hash = '#/calls';
    });
    await page.getByRole('heading', { level: 1, name: 'Calls' }).waitFor();
    await expect.poll(() => sent.length).toBeGreaterThan(0);
    await expect.poll(() => tokens(page), { timeout: 15_000 }).not.toContain(before);
    expect(sent).not.toContain(`Bearer ${before}`);
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
  });

  it('goes back to the sign-in with a sentence when the token has expired and nothing renews it', async () => {
    const { page, complaints } = await start();
    provider.renews = false;
    await signIn(page, 'ada');
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    aheadMs = (tokenSeconds + 60) * 1000;
    // Every view asks again.
    let turn = 0;
    const refused = async () => {
      await page.evaluate(
        (name) => {
          location.hash = `#/${name}`;
        },
        ['calls', 'explore'][turn++ % 2],
      );
      return page.getByText('Your sign-in has expired or was revoked. Sign in again.').count();
    };
    await expect.poll(refused, { timeout: 30_000, interval: 500 }).toBe(1);
    expect(await tokens(page)).toEqual([]);
    expect(complaints.filter((text) => !text.includes('401 (Unauthorized)'))).toEqual([]);
    // The provider still knows the person.
    aheadMs = 0;
    await button(page).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
  });

  it('sends the access token where the audience is a service and not the dashboard', async () => {
    const { page } = await start(service);
    await signIn(page, 'ada');
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await expect.poll(() => page.getByText('Acme').count()).toBeGreaterThan(0);
  });

  it('says that the gateway does not take tokens for another audience', async () => {
    const { page } = await start('somebody-else');
    await signIn(page, 'ada');
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(/not valid|does not/);
    expect(await tokens(page)).toEqual([]);
    await expectAccessible(page);
  });

  it('says what the provider says when somebody cancels', async () => {
    const { page } = await start();
    await button(page).click();
    await page.locator('input[name=login]').waitFor();
    await page.getByRole('link', { name: /Cancel/ }).click();
    await page.waitForURL(`${gateway.url}/**`);
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('refused the sign-in');
    await button(page).waitFor();
  });

  it('takes no code that it has not asked for', async () => {
    const { page, requested } = await start();
    await page.goto(`${gateway.url}/?code=stolen&state=guessed`);
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('not begun in this tab');
    expect(new URL(page.url()).search).toBe('');
    expect(requested.filter((url) => url.startsWith(`${provider.issuer}/token`))).toEqual([]);
  });

  it('says that the provider cannot be reached', async () => {
    const { page } = await start();
    await provider.close();
    await button(page).click();
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('cannot be reached');
    provider = { ...provider, close: async () => {} };
  });

  it('names the client to the provider, and no secret', async () => {
    const { page, requested } = await start();
    await button(page).click();
    await page.locator('input[name=login]').waitFor();
    const asked = requested.map((url) => new URL(url)).find(({ pathname }) => pathname === '/auth');
    expect(Object.fromEntries(asked?.searchParams ?? [])).toMatchObject({
      client_id: clientId,
      response_type: 'code',
      code_challenge_method: 'S256',
      redirect_uri: `${gateway.url}/`,
      scope: 'openid email profile',
    });
  });
});
