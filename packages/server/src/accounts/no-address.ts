/** A name that never resolves. RFC 2606 §2, RFC 6761 §6.4 */
const DOMAIN = '@no-address.invalid';

/** What stands in the place of an address for somebody who has given none, or none that is proved: unique, and never written to. */
export function makeNoAddress(random: (bytes: number) => Uint8Array): string {
  return `${Buffer.from(random(16)).toString('hex')}${DOMAIN}`;
}

/** False for somebody to whom no mail can be sent. */
export function hasAddress(email: string): boolean {
  return !email.endsWith(DOMAIN);
}

/** How somebody is called on pages: by their address, or by their name where they have none. */
export function calledBy({ email, name }: { readonly email: string; readonly name: string | undefined }): string {
  return hasAddress(email) ? email : (name ?? '…');
}
