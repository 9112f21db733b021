import { isIP } from 'node:net';

/** The networks of an address, narrow to wide, each in one spelling. */
export interface Networks {
  /** What one subscriber has: an IPv4 address, an IPv6 /64. */
  readonly narrow: string;
  /** What one subscriber can have more of: an IPv6 /48. */
  readonly wide: string | undefined;
}

/** RFC 6052 §2.1: an IPv4 address in the last 32 bits. */
const NAT64 = '64:ff9b:0:0';

/**
 * @param address  As `node:net` spells it.
 * @returns undefined for loopback, where no client is (it is a proxy that isn't trusted, or the machine itself), and for no address.
 */
export function networksOf(address: string | undefined): Networks | undefined {
  if (address === undefined) return undefined;
  switch (isIP(address)) {
    case 4:
      return address.startsWith('127.') ? undefined : { narrow: address, wide: undefined };
    case 6:
      return networksOfIpv6(groupsOf(address));
    default:
      return undefined;
  }
}

/** What is written of an address where the whole network may be at it: an IPv4 address, an IPv6 /64. RFC 5952, RFC 4632 §3.1 */
export function networkName(address: string | undefined): string | undefined {
  const narrow = networksOf(address)?.narrow;
  return narrow === undefined || isIP(narrow) === 4 ? (narrow ?? address) : `${narrow}::/64`;
}

function networksOfIpv6(groups: readonly string[]): Networks | undefined {
  if (groups.join(':') === '0:0:0:0:0:0:0:1') return undefined;
  const narrow = groups.slice(0, 4).join(':');
  if (narrow === NAT64) return { narrow: ipv4Of(groups), wide: undefined };
  return { narrow, wide: groups.slice(0, 3).join(':') };
}

function ipv4Of(groups: readonly string[]): string {
  const [high = 0, low = 0] = groups.slice(6).map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

/** Eight groups without leading zeros, whatever the spelling was: the URL parser knows them all (RFC 5952 §4). */
function groupsOf(address: string): readonly string[] {
  const { hostname } = new URL(`http://[${address.replace(/%.*/, '')}]`);
  const [left = '', right] = hostname.slice(1, -1).split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => '0'), ...tail];
}
