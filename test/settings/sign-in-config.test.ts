import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../src/settings/config.ts';

const trusted = {
  JWT_JWKS_URL: 'https://login.example.com/keys',
  JWT_ISSUER: 'https://login.example.com/',
  JWT_AUDIENCE: 'usage',
};

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('settings of signing in to the dashboard', () => {
  it('are the issuer, the client and what is asked for', () => {
    expect(loadConfig({ ...trusted, OIDC_CLIENT_ID: 'dashboard' }).signIn).toEqual({
      issuer: 'https://login.example.com/',
      audience: 'usage',
      clientId: 'dashboard',
      scopes: 'openid email profile',
    });
    const more = loadConfig({ ...trusted, OIDC_CLIENT_ID: 'd', OIDC_SCOPES: 'openid offline_access' });
    expect(more.signIn?.scopes).toBe('openid offline_access');
  });

  it('are not needed', () => {
    expect(loadConfig(trusted).signIn).toBeUndefined();
  });

  it('need the settings of tokens, and an issuer that can be asked', () => {
    expect(problemsOf({ OIDC_CLIENT_ID: 'd' })).toEqual([
      'OIDC_CLIENT_ID has no effect without JWT_JWKS_URL or JWT_PUBLIC_KEY',
    ]);
    expect(problemsOf({ ...trusted, OIDC_SCOPES: 'openid' })).toEqual([
      'OIDC_SCOPES has no effect without OIDC_CLIENT_ID',
    ]);
    expect(problemsOf({ ...trusted, OIDC_CLIENT_ID: 'd', OIDC_SCOPES: 'email' })).toEqual([
      'OIDC_SCOPES must have openid among them',
    ]);
    for (const JWT_ISSUER of ['login', 'http://login.example.com', 'ftp://localhost'])
      expect(problemsOf({ ...trusted, OIDC_CLIENT_ID: 'd', JWT_ISSUER })).toEqual([
        'JWT_ISSUER must be a URL with OIDC_CLIENT_ID: https, or http on this machine',
      ]);
    expect(problemsOf({ ...trusted, OIDC_CLIENT_ID: 'd', JWT_ISSUER: 'http://localhost:8080/realms/x' })).toEqual([]);
  });
});
