import type { Orm } from '../database/orm.ts';
import type { Principal } from '../caller/principal.ts';
import { OpenStreams } from '../admission/open-streams.ts';
import { toClientError } from '../graphql/client-error.ts';
import { forkForPlatform } from '../database/session.ts';
import type { BudgetEvent } from '../limits/budget.entity.ts';
import { readEventVersions } from '../limits/event-watch.repository.ts';
import type { LiveLimits } from '../settings/live-limits.ts';
import type { Logger } from '../settings/log.ts';
import { countOpenSubscription } from '../telemetry/observe-live.ts';
import type { Clock } from '../values/clock.ts';
import { OverloadedError, type GatewayError } from '../values/errors.ts';
import type { TenantId } from '../values/identifier.ts';
import { LiveSource, type Asked } from './asked.ts';
import { EventFeed } from './event-feed.ts';
import { ledgerWatch } from './ledger-watch.ts';
import { answerOf, LiveStream } from './live-stream.ts';
import { RightsWatch, type Subscriber } from './rights-watch.ts';
import { UsageQuestion, type UsageTopic } from './usage-question.ts';
import { Watch } from './watch.ts';

export interface LiveParts {
  orm: Orm;
  clock: Clock;
  log: Logger;
  limits: LiveLimits;
}

/** The subscriptions of a gateway. Nothing runs while none is open. */
export class Live {
  readonly limits: LiveLimits;
  readonly clock: Clock;
  readonly #parts: LiveParts;
  readonly #places: OpenStreams;
  readonly #rights: RightsWatch;
  readonly #ledgers: Watch<string>;
  readonly #events: Watch<string>;
  readonly #questions = new Map<string, UsageQuestion>();
  readonly #feeds = new Map<TenantId, EventFeed>();
  readonly #streams = new Set<LiveStream>();
  #isClosed = false;

  constructor(parts: LiveParts) {
    const { orm, clock, log, limits } = parts;
    this.#parts = parts;
    this.limits = limits;
    this.clock = clock;
    this.#places = new OpenStreams(limits);
    this.#rights = new RightsWatch(this.#failure);
    const looking = { lookMs: limits.lookMs, log };
    this.#ledgers = ledgerWatch(orm, clock, looking);
    this.#events = new Watch((tenantIds) => readEventVersions(forkForPlatform({ orm }), tenantIds), looking);
  }

  /**
   * A stream for a subscriber, which ends with the subscriber's rights and with the gateway.
   * @throws {RateLimitedError} when the subscriber or its tenant has too many open.
   * @throws {OverloadedError} when the gateway has, or is going away.
   */
  open(subscriber: Subscriber & { principal: Exclude<Principal, { kind: 'anonymous' }> }): LiveStream {
    if (this.#isClosed) throw new OverloadedError('The gateway is going away. Subscribe again.', 1);
    const leave = this.#places.open(subscriber.principal);
    const uncount = countOpenSubscription();
    const stream = new LiveStream();
    this.#streams.add(stream);
    stream.onOver(() => {
      leave();
      uncount();
      this.#streams.delete(stream);
    });
    this.#rights.watch(stream, subscriber);
    return stream;
  }

  /** A report that is made again whenever it says something else. */
  usage(topic: UsageTopic): LiveSource<object> {
    return new Source(async (asked, stream) => {
      const { key } = asked;
      let question = this.#questions.get(key);
      if (!question) {
        const parts = {
          watch: this.#ledgers,
          answerBytes: this.limits.answerBytes,
          failure: this.#failure,
          onLeft: (left: UsageQuestion) => {
            if (this.#questions.get(key) === left) this.#questions.delete(key);
          },
        };
        this.#questions.set(key, (question = new UsageQuestion(topic, asked, parts)));
      }
      await question.join(stream);
    });
  }

  /** Events of a tenant's budgets from now on. */
  budgetEvents(tenantId: TenantId): LiveSource<BudgetEvent> {
    return new Source(async (asked, stream) => {
      let feed = this.#feeds.get(tenantId);
      if (!feed) {
        const { orm, log } = this.#parts;
        const onLeft = (left: EventFeed) => {
          if (this.#feeds.get(tenantId) === left) this.#feeds.delete(tenantId);
        };
        feed = new EventFeed(tenantId, { orm, log, watch: this.#events, failure: this.#failure, onLeft });
        this.#feeds.set(tenantId, feed);
      }
      await feed.join(asked, stream);
    });
  }

  /** Ends every stream as complete, with all that is done at its end; no further one is opened. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const streams = [...this.#streams];
    for (const stream of streams) stream.end();
    await Promise.all(streams.map((stream) => stream.endings()));
    await Promise.all([this.#ledgers.idle(), this.#events.idle()]);
  }

  readonly #failure = (error: GatewayError) => answerOf({ errors: [toClientError(error, this.#parts.log)] });
}

class Source<Event> extends LiveSource<Event> {
  readonly attach: (asked: Asked, stream: LiveStream) => Promise<void>;

  constructor(attach: (asked: Asked, stream: LiveStream) => Promise<void>) {
    super();
    this.attach = attach;
  }
}

declare module '../caller/request-context.ts' {
  interface RequestServices {
    /** What subscriptions follow. */
    readonly live: Live;
  }
}
