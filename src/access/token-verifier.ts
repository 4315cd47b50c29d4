import {
  createRemoteJWKSet,
  customFetch,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from 'jose';
import { emailAddress } from './people/email-address.ts';
import type { Clock } from '../values/clock.ts';
import { OverloadedError, UnauthenticatedError } from '../values/errors.ts';
import { freeTextProblem } from '../values/free-text.ts';
import { asymmetricAlgorithms, type JwtConfig } from '../settings/jwt-config.ts';
import type { Logger } from '../settings/log.ts';
import { tracedFetch } from '../telemetry/tracing.ts';
import type { Claims } from './people/sign-in.service.ts';

export interface VerifiedToken extends Claims {
  /** The token's `exp`. */
  expiresAt: Date;
}

/**
 * The claims of a JWT, once its signature, issuer, audience and times have been checked.
 * @throws {UnauthenticatedError} for an invalid one.
 * @throws {OverloadedError} when the issuer's keys cannot be fetched.
 */
export type VerifyToken = (token: string) => Promise<VerifiedToken>;

/** The limit of OpenID Connect. */
const maxSubjectLength = 255;
const maxNameLength = 200;

/** A key that the issuer withdraws stops working within five minutes; a new one works after ten seconds. */
const keySetOptions = {
  [customFetch]: tracedFetch,
  timeoutDuration: 5_000,
  cooldownDuration: 10_000,
  cacheMaxAge: 300_000,
};

export function tokenVerifier(config: JwtConfig, clock: Clock, log: Logger): VerifyToken {
  const { keys, issuer, audience, clockToleranceSeconds } = config;
  const getKey = 'url' in keys ? remoteKeys(keys.url, log) : async () => keys.publicKey;
  const algorithms = [...('url' in keys ? asymmetricAlgorithms : keys.algorithms)];
  const options = {
    algorithms,
    issuer,
    audience,
    clockTolerance: clockToleranceSeconds,
    requiredClaims: ['sub', 'exp'],
  };
  return async (token) => {
    try {
      return readClaims(await verify(token, getKey, { ...options, currentDate: clock() }));
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new UnauthenticatedError('The token has expired.');
      if (error instanceof errors.JOSEError) throw invalidToken();
      throw error;
    }
  };
}

const invalidToken = () => new UnauthenticatedError('The token is not valid.');

function remoteKeys(url: URL, log: Logger): JWTVerifyGetKey {
  const keySet = createRemoteJWKSet(url, keySetOptions);
  return async (header, token) => {
    try {
      return await keySet(header, token);
    } catch (error) {
      if (saysOfToken.some((kind) => error instanceof kind)) throw error;
      log.error({ err: error }, "the token issuer's keys cannot be fetched");
      throw new OverloadedError("The token issuer's keys are not available. Try again.");
    }
  };
}

/** Errors of a key set that are about the token. All others are about the issuer or the network. */
const saysOfToken = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

async function verify(token: string, getKey: JWTVerifyGetKey, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, getKey, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    // A token that names no key may be signed with any that fits.
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
      }
    }
    throw error;
  }
}

function readClaims({ sub, exp, email, email_verified: verified, name }: JWTPayload): VerifiedToken {
  if (typeof sub !== 'string' || freeTextProblem(sub, maxSubjectLength) || exp === undefined) throw invalidToken();
  return {
    subject: sub,
    email: typeof email === 'string' ? emailAddress(email) : undefined,
    emailVerified: verified === true,
    // A name is only displayed: one that cannot be displayed keeps nobody out.
    name: typeof name === 'string' && !freeTextProblem(name, maxNameLength) ? name.trim() : undefined,
    expiresAt: new Date(exp * 1000),
  };
}
