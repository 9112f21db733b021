/** Primes in whose groups the moduli of the broken generator leave a mark. */
const PRIMES = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];
const GENERATOR = 65_537;

/** For each prime the powers of 65537 modulo it: the only remainders that such a modulus has. */
const MARKS: readonly { readonly prime: bigint; readonly remainders: ReadonlySet<number> }[] = PRIMES.map((prime) => {
  const remainders = new Set<number>();
  for (let power = 1; !remainders.has(power); power = (power * GENERATOR) % prime) remainders.add(power);
  return { prime: BigInt(prime), remainders };
});

/**
 * True for an RSA modulus of the library in smart cards and TPMs that made factorable primes; 1 in 2^27 of good ones looks the same.
 *
 * @param modulus Big endian.
 * @see CVE-2017-15361 ("ROCA")
 */
export function isRocaModulus(modulus: Uint8Array): boolean {
  const value = BigInt(`0x${Buffer.from(modulus).toString('hex')}`);
  return MARKS.every(({ prime, remainders }) => remainders.has(Number(value % prime)));
}
