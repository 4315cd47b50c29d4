/** What audit rows compare: text, amounts as decimal strings, null for nothing. */
type Fields = Record<string, string | null>;

/** The fields that differ, with what they were and what they are; undefined when none does. */
export function changedFields<F extends Fields>(
  before: F,
  after: F,
): Record<string, { old: string | null; new: string | null }> | undefined {
  const changed = Object.keys(after).filter((field) => before[field] !== after[field]);
  if (changed.length === 0) return undefined;
  return Object.fromEntries(changed.map((field) => [field, { old: before[field] ?? null, new: after[field] ?? null }]));
}
