import { z } from 'zod';

const maxAddressLength = 254;
const address = z.email();

/** An e-mail address in the form in which addresses are stored and compared; undefined for text that is none. */
export function emailAddress(text: string): string | undefined {
  const plain = text.trim();
  if (plain.length > maxAddressLength || !address.safeParse(plain).success) return undefined;
  // Only now that it is known to be ASCII: the lower case of the Kelvin sign is a "k", which is another's address.
  return plain.toLowerCase();
}
