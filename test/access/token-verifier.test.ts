import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT, type JWTPayload } from 'jose';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { tokenVerifier } from '../../src/access/token-verifier.ts';
import { UnauthenticatedError } from '../../src/values/errors.ts';
import { claimsAt, seconds, trusting } from '../support/token-issuer.ts';

const now = new Date('2026-05-01T12:00:00Z');
const log = pino({ level: 'silent' });
const at = (offsetSeconds: number) => seconds(now) + offsetSeconds;

const keyPairs: Record<string, { publicKey: KeyObject; privateKey: KeyObject }> = {
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  Ed25519: generateKeyPairSync('ed25519'),
};
const algorithms: Record<string, string[]> = {
  RSA: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
  Ed25519: ['EdDSA'],
};

function keyPair(name: string) {
  const pair = keyPairs[name];
  if (!pair) throw new Error(`There is no key '${name}'.`);
  return pair;
}
const pem = (name: string) => String(keyPair(name).publicKey.export({ type: 'spki', format: 'pem' }));
const jwk = (name: string, more: object = {}) =>
  JSON.stringify({ ...keyPair(name).publicKey.export({ format: 'jwk' }), ...more });

const verify = (token: string, key = pem('RSA')) =>
  tokenVerifier(trusting({ JWT_PUBLIC_KEY: key }), () => now, log)(token);

const sign = (claims: JWTPayload = {}, algorithm = 'RS256', key = 'RSA') =>
  new SignJWT(claimsAt(now, claims)).setProtectedHeader({ alg: algorithm }).sign(keyPair(key).privateKey);

const base64 = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
const unsigned = (header: object, claims: JWTPayload = {}) => `${base64(header)}.${base64(claimsAt(now, claims))}`;

describe('a token', () => {
  it.each(Object.entries(algorithms).flatMap(([key, names]) => names.map((algorithm) => [algorithm, key])))(
    'signed with %s is taken from the owner of the %s key',
    async (algorithm, key) => {
      const token = await sign({ sub: 'ada' }, algorithm, key);
      expect((await verify(token, pem(key ?? ''))).subject).toBe('ada');
      expect((await verify(token, jwk(key ?? ''))).subject).toBe('ada');
    },
  );

  it('is checked with a PEM whose line ends are written as in an environment file', async () => {
    expect((await verify(await sign({ sub: 'ada' }), pem('RSA').replaceAll('\n', '\\n'))).subject).toBe('ada');
  });

  it('says who comes with it', async () => {
    const expiresAt = new Date('2026-05-01T12:10:00Z');
    const person = { email: ' Ada@Example.COM ', email_verified: true, name: 'Ada Lovelace' };
    expect(await verify(await sign({ sub: 'idp|1', exp: seconds(expiresAt), ...person }))).toEqual({
      subject: 'idp|1',
      email: 'ada@example.com',
      emailVerified: true,
      name: 'Ada Lovelace',
      expiresAt,
    });
  });

  it.each([
    ['not verified', { email: 'ada@example.com', email_verified: false }],
    ['said to be verified in words', { email: 'ada@example.com', email_verified: 'true' }],
    ['not said to be verified', { email: 'ada@example.com' }],
  ])('with an address that is %s has none that is verified', async (_what, claims) => {
    expect(await verify(await sign(claims))).toMatchObject({ email: 'ada@example.com', emailVerified: false });
  });

  it.each([
    { email: 'not an address', name: '' },
    { email: 'nul\0@example.com', name: 'Nul \0' },
    { email: ['ada@example.com'], name: { first: 'Ada' } },
    { email: '\u212aim@example.com', name: ' ' },
    { email: `${'a'.repeat(250)}@example.com`, name: 'a'.repeat(201) },
    {},
  ])('whose address and name are of no use is taken without them: %j', async (claims) => {
    expect(await verify(await sign({ ...claims, email_verified: true }))).toMatchObject({
      email: undefined,
      name: undefined,
    });
  });

  it.each([
    ['that ended 29 seconds ago', { exp: at(-29) }],
    ['that begins in 30 seconds', { nbf: at(30) }],
    ['for several audiences', { aud: ['elsewhere', 'usage-gateway'] }],
    ['with the longest subject', { sub: 's'.repeat(255) }],
  ])('%s is taken', async (_what, claims) => {
    expect((await verify(await sign(claims))).subject).toBe('sub' in claims ? claims.sub : 'somebody');
  });

  it.each<[string, JWTPayload]>([
    ['of another issuer', { iss: 'https://login.example.com' }],
    ['without an issuer', { iss: undefined }],
    ['for another audience', { aud: 'elsewhere' }],
    ['for no audience', { aud: undefined }],
    ['that has expired', { exp: at(-30) }],
    ['without an end', { exp: undefined }],
    ['whose end is no time', { exp: 'never' as never }],
    ['that does not hold yet', { nbf: at(31) }],
    ['without a subject', { sub: undefined }],
    ['with an empty subject', { sub: '' }],
    ['with a blank subject', { sub: ' ' }],
    ['with a subject that is no text', { sub: 7 as never }],
    ['with too long a subject', { sub: 's'.repeat(256) }],
    ['with a subject that no database stores', { sub: 'nul\0' }],
  ])('%s is refused', async (_what, claims) => {
    await expect(verify(await sign(claims))).rejects.toThrow(UnauthenticatedError);
  });

  it('that has expired is told so', async () => {
    await expect(verify(await sign({ exp: at(-3600) }))).rejects.toThrow('The token has expired.');
  });

  it('without a signature is refused', async () => {
    for (const alg of ['none', 'None', 'NONE', 'RS256'])
      await expect(verify(`${unsigned({ alg })}.`)).rejects.toThrow(UnauthenticatedError);
  });

  it.each(['HS256', 'HS384', 'HS512'])('signed by %s with the public key as the secret is refused', async (alg) => {
    for (const secret of [pem('RSA'), pem('RSA').trim(), jwk('RSA')]) {
      const body = unsigned({ alg });
      const signature = createHmac(alg.replace('HS', 'sha'), secret).update(body).digest('base64url');
      await expect(verify(`${body}.${signature}`)).rejects.toThrow(UnauthenticatedError);
    }
  });

  it('of another owner is refused, whichever key it names', async () => {
    const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const own = { ...foreign.publicKey.export({ format: 'jwk' }), alg: 'RS256' };
    const token = await new SignJWT(claimsAt(now, {}))
      .setProtectedHeader({ alg: 'RS256', jwk: own, jku: 'http://127.0.0.1/keys' })
      .sign(foreign.privateKey);
    await expect(verify(token)).rejects.toThrow(UnauthenticatedError);
  });

  it('is refused when its algorithm is not one of the key', async () => {
    await expect(verify(await sign({}, 'ES256', 'P-256'))).rejects.toThrow(UnauthenticatedError);
    await expect(verify(await sign(), pem('P-256'))).rejects.toThrow(UnauthenticatedError);
    await expect(verify(await sign({}, 'RS256'), jwk('RSA', { alg: 'PS256' }))).rejects.toThrow(UnauthenticatedError);
  });

  it('is refused when a part of it was changed', async () => {
    const [header = '', payload = '', signature = ''] = (await sign({ sub: 'ada' })).split('.');
    const others = base64(claimsAt(now, { sub: 'eve' }));
    const otherHeader = base64({ alg: 'RS256', kid: 'x' });
    for (const token of [
      `${header}.${others}.${signature}`,
      `${otherHeader}.${payload}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}.${payload}.${signature}.${signature}`,
      `${header}..${signature}`,
      'a.b.c',
    ])
      await expect(verify(token)).rejects.toThrow(UnauthenticatedError);
  });

  it('that demands an extension is refused', async () => {
    const token = await new SignJWT(claimsAt(now, {}))
      .setProtectedHeader({ alg: 'RS256', crit: ['exp'], exp: 1 })
      .sign(keyPair('RSA').privateKey, { crit: { exp: true } });
    await expect(verify(token)).rejects.toThrow(UnauthenticatedError);
  });
});
