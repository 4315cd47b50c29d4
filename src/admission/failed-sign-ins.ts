import { LRUCache } from 'lru-cache';
import { RateLimitedError } from '../values/errors.ts';
import { TokenBucket } from './token-bucket.ts';

const burstSeconds = 60;
/** Networks in memory. Those unheard of for longest are forgotten. */
const maxNetworks = 50_000;

/**
 * How many credentials that are not valid each network may send to this gateway, with a burst of a minute. An attempt counts
 * before its credential is looked up, so that attempts at the same time count too, and no longer once it is found valid.
 */
export class FailedSignIns {
  readonly #perSecond: number | undefined;
  readonly #now: () => number;
  readonly #buckets = new LRUCache<string, TokenBucket>({ max: maxNetworks });

  /** @param perSecond How many fail a second in the long run; undefined for any number. */
  constructor(perSecond: number | undefined, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** @throws {RateLimitedError} when too many attempts from the address have failed or are being looked up. */
  begin(address: string): void {
    const bucket = this.#bucket(address);
    if (!bucket) return;
    const wait = bucket.waitFor(1, this.#now());
    if (wait > 0)
      throw new RateLimitedError(
        'Too many credentials from your network were not valid. Check the API key or token.',
        Math.ceil(wait / 1000),
      );
    bucket.take(1);
  }

  /** Gives back an attempt whose credential was valid, or was not judged. */
  pardon(address: string): void {
    this.#bucket(address)?.give(1);
  }

  #bucket(address: string): TokenBucket | undefined {
    const perSecond = this.#perSecond;
    if (perSecond === undefined) return undefined;
    const network = networkOf(address);
    const known = this.#buckets.get(network);
    if (known) return known;
    const bucket = new TokenBucket({ perSecond, burst: Math.max(1, perSecond * burstSeconds) }, this.#now());
    this.#buckets.set(network, bucket);
    return bucket;
  }
}

const mappedIpv4 = /^::ffff:(?=[\d.]+$)/i;
const groupsOfNetwork = 4;
const groupsOfAddress = 8;

/**
 * Who a client is, as far as its address tells: an IPv4 address, or the first 64 bits of an IPv6 address, of which everybody
 * has as many as they like. Any other text stands for itself.
 */
export function networkOf(address: string): string {
  const plain = address.replace(mappedIpv4, '');
  if (!plain.includes(':')) return plain;
  const [before = '', after] = plain.toLowerCase().split('::', 2);
  const groups = before.split(':').filter((group) => group !== '');
  const rest = after === undefined ? [] : after.split(':').filter((group) => group !== '');
  const zeros = Array.from({ length: Math.max(0, groupsOfAddress - groups.length - rest.length) }, () => '0');
  const all = [...groups, ...zeros, ...rest].slice(0, groupsOfNetwork);
  return `${all.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`;
}
