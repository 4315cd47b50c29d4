import type { JsonObject } from '../values/json.ts';

/** Quantities of a call by the names of units, those that are fields of a call among them. */
export type Quantities = Readonly<Record<string, number>>;

/** What is known of a call besides its usage. */
export interface KnownCall {
  /** Canonical. */
  provider: string | undefined;
  /** In lower case; empty when it is not known. */
  model: string;
}

/** A form in which providers tell usage. */
export interface Dialect {
  name: string;
  /** Whether a usage object has the form. */
  fits: (usage: JsonObject) => boolean;
  /** Its quantities, nested as ours: input with what was cached, output with what was reasoned. */
  read: (usage: JsonObject, call: KnownCall) => Quantities;
  serviceTier?: (usage: JsonObject, answer: JsonObject) => unknown;
  /** What only the whole answer tells, such as the searches that it made. */
  fees?: (answer: JsonObject) => Quantities;
}
