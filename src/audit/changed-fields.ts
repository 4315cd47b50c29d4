/** Values as audit rows show them: text, amounts as decimal strings, null for none. */
type Fields = Record<string, string | null>;

/** The fields that differ, each with its old and new value; undefined when none does. */
export function changedFields<F extends Fields>(
  before: F,
  after: F,
): Record<string, { old: string | null; new: string | null }> | undefined {
  const changed = Object.keys(after).filter((field) => before[field] !== after[field]);
  if (changed.length === 0) return undefined;
  return Object.fromEntries(changed.map((field) => [field, { old: before[field] ?? null, new: after[field] ?? null }]));
}
