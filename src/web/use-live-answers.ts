import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Principal } from '../caller/principal.ts';
import type { RequestContext } from '../caller/request-context.ts';
import { LiveStream, type LiveAnswer } from '../live/live-stream.ts';
import { subscribe, type SubscribingParts } from '../live/subscribe.ts';
import { eventStream } from './event-stream.ts';
import { responseOf } from './node-response.ts';

interface Context extends RequestContext {
  request: Request;
}

const takesEvents = /text\/event-stream|text\/\*|\*\/\*/;

/**
 * Answers subscriptions over Server-Sent Events. What is asked of a stream is asked of each of its answers: its own reading of
 * the clock, turn at the report gate and time limit.
 */
export function useLiveAnswers(
  parts: SubscribingParts & { hideSuggestions: boolean },
  authenticate: (request: Request, serverContext: object) => Promise<Principal>,
): Plugin<Context> {
  return {
    onSubscribe({ args: { contextValue }, setSubscribeFn, setResultAndStopExecution }) {
      const { request, principal } = contextValue;
      if (!takesEvents.test(request.headers.get('accept') ?? '*/*'))
        return setResultAndStopExecution({ errors: [notAsEvents()] });
      setSubscribeFn(async (args) => {
        const response = responseOf(contextValue);
        const result = await subscribe(
          { ...args, hideSuggestions: parts.hideSuggestions },
          {
            principal,
            credential: request.headers.get('authorization') ?? '',
            authenticate: () => authenticate(request, contextValue),
          },
          parts,
        );
        if (!(result instanceof LiveStream)) return result;
        const leave = () => void result.return();
        if (!response?.destroyed) response?.once('close', leave);
        else leave();
        return result;
      });
    },
    onResultProcess({ result, setResultProcessor }) {
      if (!(Symbol.asyncIterator in result)) return;
      const answers = result[Symbol.asyncIterator]() as AsyncIterableIterator<LiveAnswer>;
      setResultProcessor((_result, fetchAPI) => eventStream(answers, fetchAPI), 'text/event-stream');
    },
  };
}

const notAsEvents = () =>
  new GraphQLError('A subscription is answered over Server-Sent Events. Accept text/event-stream.', {
    extensions: { code: 'VALIDATION_ERROR', http: { status: 406 } },
  });
