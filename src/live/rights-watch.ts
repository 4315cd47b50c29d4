import { setTimeout as sleep } from 'node:timers/promises';
import type { Principal } from '../caller/principal.ts';
import { ForbiddenError, UnauthenticatedError, type GatewayError } from '../values/errors.ts';
import type { LiveAnswer, LiveStream } from './live-stream.ts';

/** A credential is valid for two seconds after it was looked up; with these, a stream ends within five. */
const checkEveryMs = 2_000;
const checkedAtOnce = 8;

/** Whose stream it is, and how to learn whether the credential still says so. */
export interface Subscriber {
  principal: Principal;
  /** Equal for streams that were opened with the same credential. */
  credential: string;
  authenticate(): Promise<Principal>;
}

/** What a caller may read, in a form that can be compared: those with equal rights get equal answers. */
export function rightsOf(principal: Principal): string {
  const { kind } = principal;
  const tenantId = 'tenantId' in principal ? principal.tenantId : null;
  const role = principal.kind === 'member' ? principal.role : null;
  const scopes = principal.kind === 'service' ? principal.scopes.toSorted() : null;
  return JSON.stringify([kind, tenantId, role, scopes]);
}

interface Holder {
  authenticate: Subscriber['authenticate'];
  streams: Map<LiveStream, string>;
}

/**
 * Ends streams whose credential is no longer valid, or says something else than when they were opened: keys that were
 * revoked or have expired, impersonations that are over, people who were removed or got another role.
 */
export class RightsWatch {
  readonly #failure: (error: GatewayError) => LiveAnswer;
  readonly #holders = new Map<string, Holder>();
  #stop: AbortController | undefined;

  /** @param failure the error that readers get for one of ours. */
  constructor(failure: (error: GatewayError) => LiveAnswer) {
    this.#failure = failure;
  }

  watch(stream: LiveStream, { principal, credential, authenticate }: Subscriber): void {
    const holder = this.#holders.get(credential) ?? { authenticate, streams: new Map() };
    holder.authenticate = authenticate;
    holder.streams.set(stream, rightsOf(principal));
    this.#holders.set(credential, holder);
    if (!this.#stop) void this.#goOn((this.#stop = new AbortController()).signal);
    stream.onOver(() => {
      holder.streams.delete(stream);
      if (holder.streams.size === 0 && this.#holders.get(credential) === holder) this.#holders.delete(credential);
      if (this.#holders.size > 0) return;
      this.#stop?.abort();
      this.#stop = undefined;
    });
  }

  async #goOn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(checkEveryMs, undefined, { signal, ref: false }).catch(() => {});
      const holders = [...this.#holders.values()];
      for (let at = 0; at < holders.length && !signal.aborted; at += checkedAtOnce)
        await Promise.all(holders.slice(at, at + checkedAtOnce).map((holder) => this.#check(holder)));
    }
  }

  async #check({ authenticate, streams }: Holder): Promise<void> {
    let rights: string | undefined;
    let error: GatewayError | undefined;
    try {
      rights = rightsOf(await authenticate());
    } catch (reason) {
      // While the database cannot be reached, nothing is read for the streams either.
      if (!(reason instanceof UnauthenticatedError)) return;
      error = reason;
    }
    for (const [stream, opened] of streams) if (rights !== opened) stream.end(this.#failure(error ?? changed()));
  }
}

const changed = () =>
  new ForbiddenError('What this credential may do has changed since the subscription was opened. Subscribe again.');
