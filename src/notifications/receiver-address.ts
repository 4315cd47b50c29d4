import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import ipaddr from 'ipaddr.js';
import { lookupInTurn } from './lookup-turns.ts';

/** A receiver has an address that notifications are not sent to. */
export class RefusedAddressError extends Error {
  override readonly name = 'RefusedAddressError';

  constructor() {
    super('The host has a private or reserved address, and NOTIFICATION_NETWORKS does not allow it.');
  }
}

/** Finds all addresses of a host name. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

const resolveBySystem: Resolve = (hostname) => lookupInTurn(() => lookup(hostname, { all: true }));

/** Of IPv6 only these are routed on the Internet; ranges that the library does not know are none of them. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Which addresses notifications may be sent to: public ones, and those of networks that an operator allows. Others lead
 * into the network of the gateway, by themselves or by what they carry an address in (IPv4-mapped, NAT64, 6to4, Teredo).
 */
export class ReceiverAddresses {
  readonly #networks: readonly ReturnType<typeof ipaddr.parseCIDR>[];
  readonly #resolve: Resolve;

  /** @param networks in CIDR notation, allowed although they are not public. */
  constructor(networks: readonly string[], resolve: Resolve = resolveBySystem) {
    this.#networks = networks.map((network) => ipaddr.parseCIDR(network));
    this.#resolve = resolve;
  }

  isAllowed(text: string): boolean {
    if (!ipaddr.isValid(text)) return false;
    // An IPv4-mapped address is the IPv4 address.
    const address = ipaddr.process(text);
    if (this.#networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits)))
      return true;
    if (address.range() !== 'unicast') return false;
    return address.kind() === 'ipv4' || address.match(...globalUnicast);
  }

  /** @throws {RefusedAddressError} for a host that is written as an address that is refused. */
  checkLiteral(hostname: string): void {
    const address = hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(address) > 0 && !this.isAllowed(address)) throw new RefusedAddressError();
  }

  /**
   * Resolves host names for connections, which are then made to the addresses that were checked: a name that has another
   * address a moment later leads nowhere else. One refused address of several refuses the name.
   */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    callbackify(() => this.#checked(hostname))((error, addresses) => {
      if (error) callback(error, '');
      else if (options.all === true) callback(null, addresses);
      else callback(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 0);
    });
  };

  async #checked(hostname: string): Promise<LookupAddress[]> {
    const addresses = await this.#resolve(hostname);
    if (!addresses.every(({ address }) => this.isAllowed(address))) throw new RefusedAddressError();
    return addresses;
  }
}
