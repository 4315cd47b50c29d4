import { hash } from 'node:crypto';
import {
  createSourceEventStream,
  executeSubscriptionEvent,
  print,
  validateSubscriptionArgs,
  type ExecutionArgs,
  type ExecutionResult,
  type ValidatedSubscriptionArgs,
} from 'graphql';
import type { Principal } from '../caller/principal.ts';
import type { RequestContext } from '../caller/request-context.ts';
import { requestSignal } from '../database/work.ts';
import { toClientError, withClientErrors } from '../graphql/client-error.ts';
import { executeWithin } from '../graphql/time-limit.ts';
import type { Logger } from '../settings/log.ts';
import { outsideRequests } from '../telemetry/request-record.ts';
import { signals } from '../telemetry/signals.ts';
import { LiveSource, type Asked } from './asked.ts';
import type { Live } from './live.ts';
import type { LiveStream } from './live-stream.ts';
import { rightsOf, type Subscriber } from './rights-watch.ts';

export interface SubscribingParts {
  live: Live;
  log: Logger;
  /** Longest time that one answer may take, in milliseconds. */
  maxMs: number;
  /** A context of its own for each answer: its clock reading, and its loaders. */
  createContext: (principal: Principal) => RequestContext;
}

/** Opens a stream of answers to a subscription, or says why there is none. */
export async function subscribe(
  args: ExecutionArgs,
  subscriber: Subscriber,
  { live, log, maxMs, createContext }: SubscribingParts,
): Promise<LiveStream | ExecutionResult> {
  const { principal } = subscriber;
  const refused = (error: unknown): ExecutionResult => ({ errors: [toClientError(error, log)] });
  const validated = validateSubscriptionArgs(args);
  if (!('operation' in validated)) return withClientErrors({ errors: validated }, log);
  // It tells anonymous callers that they have to say who they are.
  if (principal.kind === 'anonymous') return withClientErrors(await refusalOf(validated), log);
  let stream: LiveStream | undefined;
  try {
    stream = live.open({ ...subscriber, principal });
    const source = await createSourceEventStream(validated);
    if (!(source instanceof LiveSource)) {
      stream.end();
      return withClientErrors(source as ExecutionResult, log);
    }
    await source.attach(askedBy(validated), stream);
    return stream;
  } catch (error) {
    stream?.end();
    return refused(error);
  }

  function askedBy(validated: ValidatedSubscriptionArgs): Asked {
    const [field] = validated.operation.selectionSet.selections;
    const name = field?.kind === 'Field' ? field.name.value : 'several';
    return {
      key: keyOf(args, principal),
      answer: (event, now, end) =>
        outsideRequests(async () => {
          const execute = () => {
            const contextValue = createContext(principal);
            now?.(contextValue.now);
            const externalAbortSignal = requestSignal();
            return executeSubscriptionEvent({ ...validated, contextValue, rootValue: event, externalAbortSignal });
          };
          const result = await executeWithin(maxMs, execute, { log, ...(end ? { end } : {}) }).catch(refused);
          signals.liveAnswer.emit({ field: name, failed: result.errors !== undefined });
          return withClientErrors(result, log);
        }),
    };
  }
}

/** Why a field refuses to be subscribed to. */
async function refusalOf(validated: ValidatedSubscriptionArgs): Promise<ExecutionResult> {
  const source = await createSourceEventStream(validated);
  if (Symbol.asyncIterator in source) throw new Error('A subscription is open to nobody unknown.');
  return source;
}

/** Equal for subscriptions that get equal answers: the same document, variables and rights. */
function keyOf({ document, operationName, variableValues }: ExecutionArgs, principal: Principal): string {
  const variables = Object.entries(variableValues ?? {}).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return hash('sha256', JSON.stringify([rightsOf(principal), operationName, variables, print(document)]));
}
