/** Values as audit rows show them: text, amounts as decimal strings, plain numbers, null for none. */
type Value = string | number | null;
type Fields = Record<string, Value>;

/** The fields that differ, each with its old and new value; undefined when none does. */
export function changedFields<F extends Fields>(
  before: F,
  after: F,
): Record<string, { old: Value; new: Value }> | undefined {
  const changed = Object.keys(after).filter((field) => before[field] !== after[field]);
  if (changed.length === 0) return undefined;
  return Object.fromEntries(changed.map((field) => [field, { old: before[field] ?? null, new: after[field] ?? null }]));
}
