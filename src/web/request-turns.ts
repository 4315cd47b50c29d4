import type { RequestListener } from 'node:http';
import { Gate } from '../admission/gate.ts';
import { laneOf, type Principal } from '../caller/principal.ts';
import type { RequestLimits } from '../settings/request-limits.ts';
import { refuseRaw } from './refuse-raw.ts';

const companyMs = 2_000;

/** What is known of a credential while requests with it are open. */
interface Open {
  requests: number;
  lane: string | undefined;
}

/** The turns of requests by tenant. A gateway has one, for all its requests. */
export class RequestTurns {
  readonly #gate: Gate;
  readonly #open = new Map<string, Open>();

  constructor({ atOnce, atOnceEach, waitingEach, waitMs }: RequestLimits['turns']) {
    this.#gate = new Gate({
      what: 'requests',
      maxInside: atOnce,
      maxInsideEach: atOnceEach,
      maxWaitingEach: waitingEach,
      maxWaitMs: waitMs,
      companyMs,
    });
  }

  /**
   * Resolves when it is the turn of a caller, with what has to be called once on leaving.
   * @throws {OverloadedError} when too many of its tenant wait, or when the wait is or would be too long.
   */
  enter(principal: Principal, authorization: string): Promise<() => void> {
    const lane = laneOf(principal);
    const open = this.#open.get(authorization);
    if (open) open.lane = lane;
    return this.#gate.enter(lane);
  }

  /**
   * Refuses requests that would be refused when it comes to their turn, as soon as the caller is known from another open
   * request with the same credential: that costs so little that a flood of them leaves time for the others.
   */
  guard(handler: RequestListener): RequestListener {
    return (request, response) => {
      const { authorization = '' } = request.headers;
      const open = this.#open.get(authorization) ?? { requests: 0, lane: undefined };
      const refusal = open.lane === undefined ? undefined : this.#gate.refusal(open.lane);
      // Health and pages take no turns, and are not asked for with a credential.
      if (refusal && authorization !== '') {
        const headers = { 'retry-after': String(refusal.retryAfterSeconds) };
        return refuseRaw(response, 503, 'OVERLOADED', refusal.message, headers);
      }
      open.requests++;
      this.#open.set(authorization, open);
      response.once('close', () => {
        open.requests--;
        if (open.requests === 0) this.#open.delete(authorization);
      });
      return handler(request, response);
    };
  }
}
