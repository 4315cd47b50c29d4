import type { JsonObject } from '../../../values/json.ts';
import { anthropic } from './anthropic.ts';
import { langfuse } from './langfuse.ts';
import { litellm } from './litellm.ts';
import { openai } from './openai.ts';

/** How the records of another system are read as calls. Times without an offset are UTC in all of them. */
export interface Preset {
  /** Columns that its CSV files have, each by any of several names. */
  columns: readonly (readonly string[])[];
  /** The records within a record, such as the results of a bucket; the record itself where it is left out. */
  rows?: (record: JsonObject) => readonly JsonObject[];
  /**
   * The call that a record is, by the names of a call's fields, with values as they are in files. Undefined for a record
   * that is no call.
   * @throws {ValidationError} when the record cannot be a call.
   */
  toFields: (record: JsonObject) => JsonObject | undefined;
  /** Whether a record may be the sum of several requests. */
  sums?: (record: JsonObject) => boolean;
}

export const presets = { litellm, langfuse, openai, anthropic } as const satisfies Record<string, Preset>;
export type PresetName = keyof typeof presets;
export const presetNames = Object.keys(presets).filter((name): name is PresetName => Object.hasOwn(presets, name));
