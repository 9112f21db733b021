/** Primes in whose groups the moduli of the broken generator leave a mark. */
const PRIMES = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];
const GENERATOR = 65_537;

/**
 * True for an RSA modulus of the library in smart cards and TPMs that made factorable primes; 1 in 2^27 of good ones looks the same.
 *
 * @param modulus Big endian.
 * @see CVE-2017-15361 ("ROCA")
 */
export function isRocaModulus(modulus: Uint8Array): boolean {
  const value = BigInt(`0x${Buffer.from(modulus).toString('hex')}`);
  return PRIMES.every((prime) => isPower(Number(value % BigInt(prime)), prime));
}

/** True for a power of 65537 modulo the prime: the only remainders that such a modulus has. */
function isPower(remainder: number, prime: number): boolean {
  let power = 1;
  do {
    if (power === remainder) return true;
    power = (power * GENERATOR) % prime;
  } while (power !== 1);
  return false;
}
