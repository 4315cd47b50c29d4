import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startTokenIssuer, type TokenIssuer } from '../support/token-issuer.ts';
import { ask, bearer, expectKnownErrors } from './requests.ts';

const viewer = '{ viewer { role } }';

describe('a token of a portal user', () => {
  let gateway: TestGateway;
  let closed: TestGateway;
  let issuer: TokenIssuer;
  beforeAll(async () => {
    issuer = await startTokenIssuer();
    gateway = await startTestGateway('embedded', { config: { jwt: issuer.jwt } });
    closed = await startTestGateway('embedded');
  });
  afterAll(async () => {
    await gateway.close();
    await closed.close();
    await issuer.close();
  });

  it('is OVERLOADED while its key cannot be had, and taken afterwards', async () => {
    const token = bearer(await issuer.sign({}));
    await issuer.goDown();
    const answer = await ask(gateway, viewer, token);
    expect(answer).toMatchObject({ status: 503, errors: [{ extensions: { code: 'OVERLOADED' } }] });
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expectKnownErrors(answer);
    await issuer.comeBack();
    expect(await ask(gateway, viewer, token)).toMatchObject({ status: 200, errors: [] });
  });

  it('that is not in order is 401 and UNAUTHENTICATED', async () => {
    const token = await issuer.sign({ aud: 'elsewhere' });
    const answer = await ask(gateway, viewer, bearer(token));
    expect(answer).toMatchObject({ status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(answer.text).not.toContain(token);
    expectKnownErrors(answer);
  });

  it('is 401 and UNAUTHENTICATED where no issuer is trusted', async () => {
    const answer = await ask(closed, viewer, bearer(await issuer.sign({})));
    expect(answer).toMatchObject({ status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expectKnownErrors(answer);
  });
});
