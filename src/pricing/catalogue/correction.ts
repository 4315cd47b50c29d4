import type { ConditionalPrice, ModelPrice } from '@pydantic/genai-prices';

type Prices = ModelPrice | ConditionalPrice[];

/**
 * What the bundled catalogue has wrong, as of 2026-11-27. A test fails when the catalogue's answer for `model` is no longer
 * `was`: then the correction has had its time.
 */
export interface Correction {
  provider: string;
  /** The name as calls have it; for `aws` with the region that the price is for. */
  model: string;
  /** Further names of the same model. */
  alsoNamed?: readonly string[];
  /** What all names of the model begin with, where they go on differently. */
  startsWith?: string;
  /** What the catalogue has for the name; undefined when nothing. */
  was: Prices | undefined;
  /** What is right. Null: nobody has published a price that calls can be matched with. */
  is: Prices | null;
  source: string;
}
