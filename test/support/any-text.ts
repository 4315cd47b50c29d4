import * as fc from 'fast-check';

/** Any string that JavaScript can hold: control characters and lone surrogates included. */
export const anyText = fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units));
