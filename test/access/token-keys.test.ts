import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tokenVerifier, type VerifyToken } from '../../src/access/token-verifier.ts';
import { OverloadedError, UnauthenticatedError } from '../../src/values/errors.ts';
import { startTokenIssuer, type TokenIssuer } from '../support/token-issuer.ts';

const minuteMs = 60_000;

describe("an issuer's published keys", () => {
  let issuer: TokenIssuer;
  let verify: VerifyToken;
  const log: string[] = [];
  const stream = new Writable({
    write(line, _encoding, done) {
      log.push(String(line));
      done();
    },
  });

  beforeEach(async () => {
    // Only the date: the cache of keys goes by it, and the network by real time.
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-05-01T12:00:00Z') });
    log.length = 0;
    issuer = await startTokenIssuer();
    verify = tokenVerifier(issuer.jwt, () => new Date(), pino({}, stream));
  });
  afterEach(async () => {
    vi.useRealTimers();
    await issuer.close();
  });

  const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);
  const signIn = async (kid: string, named = true) => (await verify(await issuer.sign({}, { kid, named }))).subject;

  it('are fetched once for many tokens', async () => {
    const tokens = await Promise.all([issuer.sign({ sub: 'ada' }), issuer.sign({ sub: 'bob' })]);
    const verified = await Promise.all(tokens.map(verify));
    expect(verified.map(({ subject }) => subject)).toEqual(['ada', 'bob']);
    pass(minuteMs);
    await signIn('first');
    expect(issuer.fetches).toBe(1);
  });

  it('are fetched again for a key that is new', async () => {
    await signIn('first');
    await issuer.addKey('second', { algorithm: 'RS256' });
    pass(minuteMs);
    expect(await signIn('second')).toBe('somebody');
    expect(await signIn('first')).toBe('somebody');
    expect(issuer.fetches).toBe(2);
  });

  it('are not fetched for every token of an unknown key', async () => {
    await issuer.addKey('unpublished', { published: false });
    await signIn('first');
    for (let i = 0; i < 5; i++) await expect(signIn('unpublished')).rejects.toThrow(UnauthenticatedError);
    expect(issuer.fetches).toBe(1);
    pass(minuteMs);
    for (let i = 0; i < 5; i++) await expect(signIn('unpublished')).rejects.toThrow(UnauthenticatedError);
    expect(issuer.fetches).toBe(2);
  });

  it('open no door once they were taken back and five minutes have passed', async () => {
    await issuer.addKey('second');
    await signIn('first');
    issuer.retract('first');
    pass(4 * minuteMs);
    expect(await signIn('first')).toBe('somebody');
    pass(minuteMs);
    await expect(signIn('first')).rejects.toThrow(UnauthenticatedError);
    expect(await signIn('second')).toBe('somebody');
  });

  it('are all tried for a token that names none', async () => {
    await issuer.addKey('second');
    await issuer.addKey('unpublished', { published: false });
    expect(await signIn('first', false)).toBe('somebody');
    expect(await signIn('second', false)).toBe('somebody');
    await expect(signIn('unpublished', false)).rejects.toThrow(UnauthenticatedError);
  });

  it('that cannot be reached are the fault of nobody who comes with a token', async () => {
    await issuer.goDown();
    const failure = signIn('first');
    await expect(failure).rejects.toThrow(OverloadedError);
    await expect(failure).rejects.not.toThrow(/127\.0\.0\.1/);
    expect(log.join()).toContain("the token issuer's keys cannot be fetched");
    await issuer.comeBack();
    expect(await signIn('first')).toBe('somebody');
  });

  it('hold on while the issuer is down', async () => {
    await signIn('first');
    await issuer.goDown();
    pass(minuteMs);
    expect(await signIn('first')).toBe('somebody');
  });

  it('are waited for, but not for ever', async () => {
    issuer.stall();
    await expect(signIn('first')).rejects.toThrow(OverloadedError);
  });

  it.each([
    { status: 500, body: '' },
    { status: 302, body: '' },
    { status: 200, body: '<html>' },
    { status: 200, body: '{"keys":"none"}' },
  ])('that come as $status "$body" are not available', async (failure) => {
    issuer.failure = failure;
    await expect(signIn('first')).rejects.toThrow(OverloadedError);
  });

  it('leave no line in the log for a token that is bad', async () => {
    await issuer.addKey('unpublished', { published: false });
    await expect(signIn('unpublished')).rejects.toThrow('The token is not valid.');
    expect(log).toEqual([]);
  });
});
