import { isJsonObject, parseSentJson, type JsonObject } from '../../values/json.ts';

/** Where a value is: the names of a property and of those within it. A column is a path of one name. */
export type Path = readonly string[];

/** `usage.input_tokens` as a path. */
export const pathOf = (column: string): Path => column.split('.');

/**
 * The value of a column, or of a nested path such as `usage.input_tokens` where no column has that name. Text that is the
 * JSON of an object, as CSV files have it, is looked into as well. Undefined where there is none.
 */
export function valueAt(record: JsonObject, column: string, path: Path): unknown {
  // Own properties only: a column may be called "constructor".
  if (Object.hasOwn(record, column)) return record[column];
  if (path.length === 1) return undefined;
  let value: unknown = record;
  for (const name of path) {
    const within = typeof value === 'string' ? jsonOf(value) : value;
    if (within === null || typeof within !== 'object' || !Object.hasOwn(within, name)) return undefined;
    value = (within as JsonObject)[name];
  }
  return value;
}

/** The object or list whose JSON a text is; undefined for any other text. */
export function jsonOf(text: string): unknown {
  const first = text.trimStart()[0];
  if (first !== '{' && first !== '[') return undefined;
  try {
    return parseSentJson(text);
  } catch {
    return undefined;
  }
}

/** An object, or one whose JSON a text is; undefined for anything else. */
export function objectOf(value: unknown): JsonObject | undefined {
  const object = typeof value === 'string' ? jsonOf(value) : value;
  return isJsonObject(object) ? object : undefined;
}
