import { createYoga } from 'graphql-yoga';
import { contextFactory } from './context.ts';
import { toClientError } from './graphql/client-error.ts';
import { recordingCheck } from './recording/readiness.ts';
import type { Config } from './settings/config.ts';
import { schema } from './schema.ts';
import type { Services } from './services.ts';
import type { BodyRoom } from './web/body-room.ts';
import { documentCache } from './web/document-cache.ts';
import { principalOf, useAuthentication } from './web/use-authentication.ts';
import { useClientErrors } from './web/use-client-errors.ts';
import { useClosedIntrospection } from './web/use-closed-introspection.ts';
import { useDocumentLimits } from './web/use-document-limits.ts';
import { clientAddress } from './web/client-address.ts';
import { useDashboard } from './web/use-dashboard.ts';
import { useErrorBodies } from './web/use-error-bodies.ts';
import { useImpersonationAudit } from './web/use-impersonation-audit.ts';
import { useGraphiQL } from './web/use-graphiql.ts';
import { useGraphQLExecutor } from './web/use-graphql-executor.ts';
import { useJsonRequests } from './web/use-json-requests.ts';
import { useLiveAnswers } from './web/use-live-answers.ts';
import { useListedOrigins } from './web/use-listed-origins.ts';
import { useRateLimits } from './web/use-rate-limits.ts';
import type { RequestTurns } from './web/request-turns.ts';
import { useTurns } from './web/use-turns.ts';
import { useReadiness } from './web/use-readiness.ts';
import { useRequestEnd } from './web/use-request-end.ts';
import { useRequestRecord } from './web/use-request-record.ts';

const graphqlEndpoint = '/graphql';

/** GraphQL over HTTP at /graphql, with GraphiQL for browsers, the dashboard at /, and health at /health/live and /health/ready. */
export function createGraphQLServer(
  config: Pick<
    Config,
    'introspection' | 'corsOrigins' | 'clientAddressHeader' | 'environment' | 'requestLimits' | 'signIn'
  >,
  services: Services,
  turns: RequestTurns,
  bodies: BodyRoom,
) {
  const { authenticator, live, log, orm, rateLimits } = services;
  const isProduction = config.environment === 'production';
  const createContext = contextFactory(services);
  const authenticate = (request: Request, serverContext: object) =>
    authenticator.authenticate(
      request.headers.get('authorization'),
      clientAddress(request, serverContext, config.clientAddressHeader),
    );
  const isSignedIn = async (request: Request, serverContext: object) => {
    const principal = await authenticate(request, serverContext).catch(() => undefined);
    return principal !== undefined && principal.kind !== 'anonymous';
  };
  return createYoga<object, object>({
    schema,
    graphqlEndpoint,
    healthCheckEndpoint: '/health/live',
    landingPage: false,
    logging: {
      debug: (...args) => log.trace({ args }, 'yoga'),
      info: (...args) => log.debug({ args }, 'yoga'),
      warn: (...args) => log.warn({ args }, 'yoga'),
      // Every error passes through toClientError, which logs what matters. Messages for clients quote what they sent.
      error: () => {},
    },
    // useJsonRequests does that.
    maxRequestBodySize: false,
    parserAndValidationCache: { documentCache: documentCache(), errorCache: documentCache<object>() },
    multipart: false,
    batching: false,
    cors: false,
    graphiql: false,
    maskedErrors: { maskError: (error) => toClientError(error, log) },
    context: ({ request }) => createContext(principalOf(request)),
    plugins: [
      useErrorBodies(),
      ...(config.corsOrigins.length > 0 ? [useListedOrigins(config.corsOrigins)] : []),
      useGraphQLExecutor({ hideSuggestions: isProduction }),
      useRequestEnd(config.requestLimits, log),
      useDocumentLimits(config.requestLimits.document, { hideSuggestions: isProduction }),
      useReadiness(recordingCheck(services), log),
      useDashboard(config.signIn, log),
      useGraphiQL(graphqlEndpoint, async (...sent) => config.introspection || isSignedIn(...sent), log),
      useAuthentication(graphqlEndpoint, authenticate, log),
      useRateLimits(rateLimits, log),
      useTurns(turns, log),
      useLiveAnswers(
        { live, log, createContext, hideSuggestions: isProduction, ...config.requestLimits },
        authenticate,
      ),
      useJsonRequests(config.requestLimits.body, bodies, log),
      useImpersonationAudit(orm, log),
      useClientErrors(log),
      useRequestRecord(),
      ...(config.introspection ? [] : [useClosedIntrospection()]),
    ],
  });
}
