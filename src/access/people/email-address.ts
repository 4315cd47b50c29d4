import { z } from 'zod';

const maxAddressLength = 254;
const address = z.email();

/** An e-mail address in the form in which it is stored and compared; undefined for text that is not one. */
export function emailAddress(text: string): string | undefined {
  const plain = text.trim();
  if (plain.length > maxAddressLength || !address.safeParse(plain).success) return undefined;
  // Only once it is known to be ASCII: the Kelvin sign in lower case is a "k", which is somebody else's address.
  return plain.toLowerCase();
}
