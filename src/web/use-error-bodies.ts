import type { Plugin } from 'graphql-yoga';
import type { ErrorCode } from '../values/errors.ts';
import { errorResponse } from './error-response.ts';

const bodies: Record<number, { code: ErrorCode; message: string }> = {
  404: { code: 'NOT_FOUND', message: 'There is nothing here. GraphQL is at /graphql.' },
  406: { code: 'VALIDATION_ERROR', message: 'Accept application/graphql-response+json or application/json.' },
};

/** Gives refusals that Yoga sends without a body one with a known code. */
export function useErrorBodies(): Plugin {
  return {
    onResponse({ response, setResponse, fetchAPI }) {
      const body = bodies[response.status];
      if (body === undefined || response.headers.has('content-type')) return;
      setResponse(errorResponse(fetchAPI, response.status, body.code, body.message));
    },
  };
}
