import type { Orm } from '../database/orm.ts';
import { forkForTenant } from '../database/session.ts';
import type { BudgetEvent } from '../limits/budget.entity.ts';
import { listRecentEvents } from '../limits/event-watch.repository.ts';
import type { Logger } from '../settings/log.ts';
import { NotFoundError, OverloadedError, type GatewayError } from '../values/errors.ts';
import type { TenantId } from '../values/identifier.ts';
import type { Asked } from './asked.ts';
import { answerOf, type LiveAnswer, type LiveStream } from './live-stream.ts';
import type { Watch } from './watch.ts';

export interface EventFeedParts {
  orm: Orm;
  log: Logger;
  watch: Watch<string>;
  /** The error that readers get for one of ours. */
  failure: (error: GatewayError) => LiveAnswer;
  /** Is told when the last reader has left. */
  onLeft: (feed: EventFeed) => void;
}

const eventsAtOnce = 1000;

/** Events that a reader may leave untaken; one that leaves more has to ask for what it missed. */
export const mostUntaken = 1000;

/** Events older than those that are looked for, by far, are known no longer. */
const rememberedMs = 2 * 3_600_000;

/** The new events of a tenant's budgets, read once for all who want them. */
export class EventFeed {
  readonly #tenantId: TenantId;
  readonly #parts: EventFeedParts;
  readonly #readers = new Map<LiveStream, Asked>();
  readonly #unfollow: () => void;
  #joining = 0;
  /** When events that were read came about, by id: those that are committed late come between others. */
  readonly #known = new Map<string, number>();
  #seen: string | undefined;
  #reading: Promise<void> = Promise.resolve();

  constructor(tenantId: TenantId, parts: EventFeedParts) {
    this.#tenantId = tenantId;
    this.#parts = parts;
    this.#unfollow = parts.watch.follow(tenantId, (version) => this.#onLook(version));
  }

  /** Has a stream read along; what there is already is not new to it. @throws when the database cannot be read. */
  async join(asked: Asked, stream: LiveStream): Promise<void> {
    this.#joining++;
    try {
      await this.#read();
      this.#readers.set(stream, asked);
    } finally {
      this.#joining--;
      stream.onOver(() => this.#leave(stream));
    }
  }

  #leave(stream: LiveStream): void {
    this.#readers.delete(stream);
    if (this.#readers.size + this.#joining > 0) return;
    this.#unfollow();
    this.#parts.onLeft(this);
  }

  #onLook(version: string | undefined): void {
    if (version === undefined) {
      const error = this.#parts.failure(new NotFoundError(`There is no tenant '${this.#tenantId}'.`));
      for (const stream of this.#readers.keys()) stream.end(error);
      return;
    }
    if (version === this.#seen) return;
    void this.#read().then(
      () => (this.#seen = version),
      (error: unknown) => this.#parts.log.warn({ err: error }, 'events of budgets cannot be read'),
    );
  }

  /** Passes on what is not known yet; one reading after the other, so that each event is passed on once. */
  #read(): Promise<void> {
    const read = this.#reading.then(() => this.#readOn());
    this.#reading = read.catch(() => {});
    return read;
  }

  async #readOn(): Promise<void> {
    for (;;) {
      const em = forkForTenant(this.#parts.orm, this.#tenantId, { readOnly: true });
      const events = await listRecentEvents(em, this.#tenantId, [...this.#known.keys()], eventsAtOnce);
      for (const event of events) {
        this.#known.set(event.id, event.at.getTime());
        await this.#passOn(event);
      }
      this.#forget(Math.max(...events.map(({ at }) => at.getTime())));
      if (events.length < eventsAtOnce) return;
    }
  }

  /** Equal questions share the answer to an event. */
  async #passOn(event: BudgetEvent): Promise<void> {
    for (const alike of Map.groupBy(this.#readers, ([, { key }]) => key).values()) {
      const [first] = alike;
      if (!first) continue;
      const answer = answerOf(await first[1].answer(event));
      for (const [stream] of alike) if (!stream.add(answer, mostUntaken)) stream.end(this.#parts.failure(fellBehind()));
    }
  }

  #forget(latest: number): void {
    for (const [id, at] of this.#known) if (at < latest - rememberedMs) this.#known.delete(id);
  }
}

const fellBehind = () =>
  new OverloadedError(
    `${mostUntaken} events wait to be read from this subscription. Subscribe again, and ask budgetEvents for what was missed.`,
  );
