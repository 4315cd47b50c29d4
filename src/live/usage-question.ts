import { hash } from 'node:crypto';
import { GatewayError, NotFoundError, TimeoutError } from '../values/errors.ts';
import type { TenantId } from '../values/identifier.ts';
import { failureOf, type Asked } from './asked.ts';
import { answerOf, type LiveAnswer, type LiveStream } from './live-stream.ts';
import type { Watch } from './watch.ts';

/** A report that is asked for again and again. */
export interface UsageTopic {
  tenantId: TenantId;
  /** Milliseconds from one report to the next, at least. */
  everyMs: number;
  /** Changes with the buckets and the beginning of the window, as time goes on. */
  positionNow(): string;
  /** Texts in a report made at an instant that say no more than when that was. */
  momentary(at: Date): string[];
}

export interface UsageQuestionParts {
  watch: Watch<string>;
  /** Largest answer in bytes. */
  answerBytes: number;
  /** The error that readers get for one of ours. */
  failure: (error: GatewayError) => LiveAnswer;
  /** Is told when the last reader has left. */
  onLeft: (question: UsageQuestion) => void;
}

/** An answer that was made, and what it says, as a digest. */
interface Made {
  answer: LiveAnswer;
  digest: string;
}

interface Reader {
  /** It is given no answer from before this change was seen. */
  from: number;
  /** When it was last offered an answer, by the clock of the process. */
  servedMs: number;
  served: Made | undefined;
}

/** How soon a report is made again for readers that have none yet. */
const soonestMs = 1000;

/**
 * One report for all who ask for the same. It is made again after a look that saw a change, once for all of them, no more
 * often than they want it, and only while one of them has taken what it was offered. Answers that say the same as the one
 * before are not offered.
 */
export class UsageQuestion {
  readonly #topic: UsageTopic;
  readonly #asked: Asked;
  readonly #parts: UsageQuestionParts;
  readonly #readers = new Map<LiveStream, Reader>();
  readonly #unfollow: () => void;
  #joining = 0;
  /** What the last look saw; the changes are counted. */
  #seen = '';
  #changes = 0;
  /** The change that the latest answer was made after. */
  #answered = 0;
  #latest: Made | undefined;
  #madeMs = -Infinity;
  #making: AbortController | undefined;

  constructor(topic: UsageTopic, asked: Asked, parts: UsageQuestionParts) {
    this.#topic = topic;
    this.#asked = asked;
    this.#parts = parts;
    this.#unfollow = parts.watch.follow(topic.tenantId, (version) => this.#onLook(version));
  }

  /** Has a stream read along: the report as it is now, and then each that says something else. */
  async join(stream: LiveStream): Promise<void> {
    this.#joining++;
    // What the reader has recorded before it asked is seen by a look that begins now.
    await this.#parts.watch.look();
    this.#joining--;
    this.#readers.set(stream, { from: Math.max(1, this.#changes), servedMs: -Infinity, served: undefined });
    stream.onOver(() => {
      this.#readers.delete(stream);
      if (this.#readers.size + this.#joining > 0) return;
      this.#making?.abort(new TimeoutError('Everybody who asked has left.', 408));
      this.#unfollow();
      this.#parts.onLeft(this);
    });
    this.#goOn();
  }

  #onLook(version: string | undefined): void {
    if (version === undefined) {
      const error = new NotFoundError(`There is no tenant '${this.#topic.tenantId}'.`);
      return this.#endAll(this.#parts.failure(error));
    }
    const seen = `${version} ${this.#topic.positionNow()}`;
    if (seen !== this.#seen) this.#changes++;
    this.#seen = seen;
    this.#goOn();
  }

  #goOn(): void {
    if (this.#isDue()) void this.#make();
    else this.#serve();
  }

  #isDue(): boolean {
    if (this.#making || this.#answered === this.#changes) return false;
    const readers = [...this.#readers];
    if (!readers.some(([stream]) => stream.held === 0)) return false;
    const isAwaited = readers.some(([, { served }]) => served === undefined);
    const pauseMs = isAwaited ? Math.min(this.#topic.everyMs, soonestMs) : this.#topic.everyMs;
    return performance.now() - this.#madeMs >= pauseMs;
  }

  async #make(): Promise<void> {
    const end = new AbortController();
    this.#making = end;
    this.#madeMs = performance.now();
    const change = this.#changes;
    let momentary: string[] = [];
    const result = await this.#asked.answer({}, (at) => (momentary = this.#topic.momentary(at)), end);
    this.#making = undefined;
    if (this.#readers.size === 0) return;
    const failure = failureOf(result);
    const answer = answerOf(result);
    if (failure === 'lasting') return this.#endAll(answer);
    if (failure === 'passing') {
      // It is said once, and the report made again at the same pace until it succeeds.
      if (this.#latest?.digest !== failure) this.#latest = { answer, digest: failure };
      return this.#serve();
    }
    const bytes = Buffer.byteLength(answer.text);
    if (bytes > this.#parts.answerBytes) return this.#endAll(this.#parts.failure(tooLarge(bytes, this.#parts)));
    this.#answered = change;
    const digest = hash(
      'sha256',
      momentary.reduce((text, moment) => text.replaceAll(moment, ''), answer.text),
    );
    if (digest !== this.#latest?.digest) this.#latest = { answer, digest };
    this.#serve();
  }

  /** Offers the latest answer to those who do not have it and were offered the one before long enough ago. */
  #serve(): void {
    const latest = this.#latest;
    if (!latest) return;
    const nowMs = performance.now();
    for (const [stream, reader] of this.#readers) {
      if (reader.served === latest || nowMs - reader.servedMs < this.#topic.everyMs) continue;
      if (reader.from > this.#answered && latest.digest !== 'passing') continue;
      reader.servedMs = nowMs;
      reader.served = latest;
      stream.offer(latest.answer);
    }
  }

  #endAll(error: LiveAnswer): void {
    for (const stream of this.#readers.keys()) stream.end(error);
  }
}

const tooLarge = (bytes: number, { answerBytes }: Pick<UsageQuestionParts, 'answerBytes'>) =>
  new GatewayError(
    'QUERY_TOO_COSTLY',
    `The answer has ${bytes} bytes; at most ${answerBytes} are allowed of a subscription (LIVE_ANSWER_MAX_KILOBYTES). Ask for fewer fields, buckets or groups.`,
  );
