import { lookup as resolve } from 'node:dns/promises';
import { isIP } from 'node:net';

type Lookup = (host: string, options: { readonly all: true }) => Promise<readonly { readonly address: string }[]>;

/**
 * True for a host that is this machine and nothing else: an address of loopback, or `localhost` where every address that it has here is one
 * (RFC 6761 §6.3 says so; a hosts file can say otherwise). Any other name can change what it points at, so none is taken for loopback.
 *
 * @param host As in the `hostname` of a URL, which has spelled addresses in their one form.
 */
export async function isThisMachine(host: string, lookup: Lookup = resolve): Promise<boolean> {
  const address = host.startsWith('[') ? host.slice(1, -1) : host;
  if (isIP(address) !== 0) return isLoopback(address);
  if (host !== 'localhost') return false;
  const found = await lookup(host, { all: true }).catch(() => []);
  return found.length > 0 && found.every((one) => isLoopback(one.address));
}

/** RFC 5735 §3: 127.0.0.0/8. RFC 4291 §2.5.3: ::1. */
function isLoopback(address: string): boolean {
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}
