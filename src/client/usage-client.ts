import type { UsageCall, WaitingCall } from './call.ts';
import { deferred, firstBatch, nodeProcess, toWaiting } from './batches.ts';
import type { UsageClientCounts, UsageClientOptions } from './options.ts';
import { sendBatch, type Connection, type Sent } from './send-batch.ts';
import { Spool } from './spool.ts';

const mebi = 1024 * 1024;
const pausesMs = { first: 200, longest: 30_000 };

type Timer = ReturnType<typeof setTimeout> & { ref?(): void; unref?(): void };

/**
 * Gathers calls and sends them to a gateway in batches. A call has its id before it is sent, so that sending it again never
 * counts it twice. Recording a call never waits and never throws.
 */
export class UsageClient {
  readonly #options;
  readonly #connection: Connection;
  readonly #spool: Spool | undefined;
  /** The batch that is on its way comes first. */
  readonly #waiting: WaitingCall[] = [];
  #onItsWay = 0;
  #characters = 0;
  #counts = { recorded: 0, duplicates: 0, dropped: 0 };
  #timer: Timer | undefined;
  #sending: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #failures = 0;
  #batchCalls: number;
  /** Whoever waits until nothing waits in memory. */
  readonly #flushing = new Set<() => void>();
  readonly #ended = new AbortController();

  constructor(options: UsageClientOptions) {
    const { url, apiKey, tenantId, timeoutMs = 30_000, fetch = globalThis.fetch } = options;
    this.#options = {
      flushEveryMs: options.flushEveryMs ?? 1000,
      maxBatchCalls: Math.max(1, Math.min(1000, options.maxBatchCalls ?? 500)),
      maxWaitingCalls: options.maxWaitingCalls ?? 10_000,
      maxWaitingCharacters: options.maxWaitingCharacters ?? 16 * mebi,
      exitTimeoutMs: options.exitTimeoutMs ?? 5000,
      onDropped: options.onDropped ?? ((dropped) => console.error('usage-gateway: calls were dropped', dropped)),
      onProblem: options.onProblem ?? (() => {}),
    };
    this.#batchCalls = this.#options.maxBatchCalls;
    const ended = this.#ended.signal;
    this.#connection = { url: url.replace(/\/+$/, ''), apiKey, tenantId, timeoutMs, fetch, ended };
    const { spoolFolder, maxSpoolBytes = 256 * mebi } = options;
    this.#spool = spoolFolder === undefined ? undefined : new Spool(spoolFolder, maxSpoolBytes);
    nodeProcess()?.once?.('beforeExit', this.#beforeExit);
    nodeProcess()?.once?.('exit', this.#atExit);
    // What an earlier process has left.
    if (this.#spool) this.#plan(0);
  }

  get counts(): UsageClientCounts {
    return { ...this.#counts, waiting: this.#waiting.length };
  }

  /** Takes a call to be sent soon, and returns its idempotency key. */
  record(call: UsageCall): string {
    const requestId = call.requestId ?? `req_${crypto.randomUUID()}`;
    try {
      const json = JSON.stringify({ ...call, requestId, occurredAt: call.occurredAt ?? new Date() });
      this.#take({ requestId, json });
    } catch (error) {
      this.#drop([requestId], `The call is not JSON: ${String(error)}`);
    }
    return requestId;
  }

  /**
   * Sends what waits. Resolves when all of it is stored, dropped or in the spool folder, or when the time is over: forever
   * unless it is given.
   */
  async flush(timeoutMs?: number): Promise<void> {
    if (this.#waiting.length === 0) return;
    const { promise, resolve } = deferred();
    this.#flushing.add(resolve);
    const timer = timeoutMs === undefined ? undefined : setTimeout(resolve, timeoutMs);
    this.#wake?.();
    void this.#start();
    await promise;
    clearTimeout(timer);
    this.#flushing.delete(resolve);
  }

  /** Sends what waits, and keeps or reports the rest when the time is over. Calls recorded afterwards are dropped. */
  async close(timeoutMs = this.#options.exitTimeoutMs): Promise<void> {
    nodeProcess()?.off?.('beforeExit', this.#beforeExit);
    await this.flush(timeoutMs);
    nodeProcess()?.off?.('exit', this.#atExit);
    this.#end('The client was closed before they were sent.');
  }

  readonly #beforeExit = (): void => void this.close();

  readonly #atExit = (): void => this.#end('The process ended before they were sent.');

  #end(reason: string): void {
    this.#ended.abort();
    clearTimeout(this.#timer);
    this.#wake?.();
    const left = this.#waiting.splice(0);
    this.#keep(left, reason);
  }

  #take(call: WaitingCall): void {
    const { maxWaitingCalls, maxWaitingCharacters, flushEveryMs } = this.#options;
    if (this.#ended.signal.aborted) return this.#drop([call.requestId], 'The client is closed.');
    const characters = this.#characters + call.json.length;
    if (this.#waiting.length >= maxWaitingCalls || characters > maxWaitingCharacters) return this.#overflow(call);
    this.#waiting.push(call);
    this.#characters = characters;
    this.#plan(this.#waiting.length >= this.#batchCalls ? 0 : flushEveryMs);
  }

  #overflow(call: WaitingCall): void {
    const moved = this.#spool ? this.#waiting.splice(this.#onItsWay) : [];
    this.#countCharacters();
    this.#keep([...moved, call], 'Too many calls wait to be sent.');
  }

  #countCharacters(): void {
    this.#characters = this.#waiting.reduce((sum, { json }) => sum + json.length, 0);
  }

  /** Keeps calls that cannot stay in memory in the spool folder, or reports that they are lost. */
  #keep(calls: readonly WaitingCall[], reason: string): void {
    for (let rest = calls; rest.length > 0;) {
      const some = firstBatch(rest, this.#options.maxBatchCalls);
      rest = rest.slice(some.length);
      if (this.#isSpooled(some)) continue;
      this.#drop(
        some.map(({ requestId }) => requestId),
        reason,
      );
    }
  }

  #isSpooled(calls: readonly WaitingCall[]): boolean {
    try {
      return this.#spool?.write(calls.map(({ json }) => json)) ?? false;
    } catch (error) {
      this.#options.onProblem(`The spool folder cannot be written: ${String(error)}`);
      return false;
    }
  }

  #drop(requestIds: readonly string[], reason: string): void {
    this.#counts.dropped += requestIds.length;
    this.#options.onDropped({ requestIds, reason });
  }

  #plan(afterMs: number): void {
    if (this.#sending || (this.#timer !== undefined && afterMs > 0)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#start(), afterMs);
    this.#timer.unref?.();
  }

  #start(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
      if (!this.#ended.signal.aborted && this.#waiting.length > 0) this.#plan(0);
    });
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      if (this.#waiting.length > 0) await this.#sendWaiting();
      else if (!(await this.#sendSpooled())) return;
    }
  }

  async #sendWaiting(): Promise<void> {
    const batch = firstBatch(this.#waiting, this.#batchCalls);
    this.#onItsWay = batch.length;
    const sent = await sendBatch(batch, this.#connection);
    this.#onItsWay = 0;
    // Ending has taken what was on its way along.
    if (this.#ended.signal.aborted) return;
    this.#note(sent);
    const isMoved = this.#spool !== undefined && sent.problem?.isOfSize === false;
    this.#waiting.splice(0, batch.length, ...(isMoved ? [] : sent.again));
    if (isMoved) this.#keep(sent.again, sent.problem?.message ?? '');
    this.#countCharacters();
    if (this.#waiting.length === 0) for (const resolve of this.#flushing) resolve();
    await this.#rest(sent);
  }

  /** Sends the oldest batch of the spool folder; false when there is none. */
  async #sendSpooled(): Promise<boolean> {
    const [name] = this.#spool?.list() ?? [];
    if (name === undefined || !this.#spool) return false;
    const calls = this.#spool.read(name).flatMap(toWaiting);
    // A file that was refused as a whole is sent in parts.
    for (let rest = calls; rest.length > 0;) {
      const batch = firstBatch(rest, this.#batchCalls);
      const sent = await sendBatch(batch, this.#connection);
      if (this.#ended.signal.aborted) return false;
      this.#note(sent);
      rest = [...sent.again, ...rest.slice(batch.length)];
      await this.#rest(sent);
      // New calls are not to wait for those from before.
      if (sent.problem && !sent.problem.isOfSize) return true;
    }
    this.#spool.remove(name);
    return true;
  }

  #note({ recorded, duplicates, dropped, problem }: Sent): void {
    this.#counts.recorded += recorded;
    this.#counts.duplicates += duplicates;
    for (const { requestIds, reason } of dropped) this.#drop(requestIds, reason);
    this.#failures = problem ? this.#failures + 1 : 0;
    const { maxBatchCalls } = this.#options;
    if (problem?.isOfSize) this.#batchCalls = Math.max(1, Math.floor(this.#batchCalls / 2));
    else if (!problem) this.#batchCalls = Math.min(maxBatchCalls, this.#batchCalls * 2);
    if (problem) this.#options.onProblem(problem.message);
  }

  /** Waits before the next try: longer with each failure, and never as long as another client. */
  async #rest({ problem }: Sent): Promise<void> {
    if (!problem || problem.isOfSize || this.#ended.signal.aborted) return;
    const { first, longest } = pausesMs;
    const backoff = Math.min(longest, first * 2 ** Math.min(20, this.#failures - 1));
    const ms = Math.max(problem.waitMs, backoff) * (0.75 + Math.random() / 2);
    const { promise, resolve } = deferred();
    this.#wake = resolve;
    const timer: Timer = setTimeout(resolve, ms);
    // A process is kept from ending only while somebody waits.
    if (this.#flushing.size === 0) timer.unref?.();
    await promise;
    clearTimeout(timer);
    this.#wake = undefined;
  }
}
