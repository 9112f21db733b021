import { BlockList, isIP } from 'node:net';

/** Finds the address of the client behind trusted proxies. */
export interface ClientAddress {
  (request: Request, remoteAddress: string | undefined): string | undefined;
  /** Whether a peer on a socket is such a proxy. */
  isProxy(remoteAddress: string | undefined): boolean;
}

/**
 * `X-Forwarded-For` counts only as far as proxies on the list wrote it: read from the right, the first address that is no such proxy.
 *
 * @throws {TypeError} for an entry that is neither an address nor a CIDR block.
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const trusted = new BlockList();
  for (const entry of trustedProxies) add(trusted, entry);
  const isTrusted = (address: string): boolean => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  const find = (request: Request, remoteAddress: string | undefined): string | undefined => {
    const nearest = remoteAddress === undefined ? undefined : plain(remoteAddress);
    if (nearest === undefined || isIP(nearest) === 0 || !isTrusted(nearest)) return nearest;
    const hops = (request.headers.get('x-forwarded-for') ?? '').split(',').map((hop) => plain(hop.trim()));
    for (const hop of hops.toReversed()) {
      if (isIP(hop) === 0) return nearest;
      if (!isTrusted(hop)) return hop;
    }
    return nearest;
  };
  return Object.assign(find, {
    isProxy(remoteAddress: string | undefined) {
      const peer = remoteAddress === undefined ? '' : plain(remoteAddress);
      return isIP(peer) !== 0 && isTrusted(peer);
    },
  });
}

function add(list: BlockList, entry: string): void {
  const [address = '', prefix] = entry.split('/');
  const kind = isIP(address);
  const bits = prefix === undefined ? undefined : Number(prefix);
  if (kind === 0 || (bits !== undefined && !(Number.isInteger(bits) && bits >= 0 && bits <= (kind === 6 ? 128 : 32)))) {
    throw new TypeError('trustedProxies: an entry is neither an address nor a CIDR block');
  }
  const family = kind === 6 ? 'ipv6' : 'ipv4';
  if (bits === undefined) list.addAddress(address, family);
  else list.addSubnet(address, bits, family);
}

/** `::ffff:10.0.0.1` is the IPv4 address in it. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}
