/** For what a bill has no model, and the ledger has as units of models: searches, code, and the like. */
export const withoutModel = '';

/**
 * What a bill's and the ledger's names of a model have in common: "Claude Haiku 4.5", "claude-haiku-4-5-20251001" and
 * "anthropic/claude-haiku-4.5" are one, and so are the dated versions of a model.
 */
export function modelKey(name: string | undefined): string {
  if (name === undefined) return withoutModel;
  return name
    .trim()
    .toLowerCase()
    .replace(/^.*\//, '')
    .replace(/[\s._]+/g, '-')
    .replace(/-(\d{8}|\d{4}-\d{2}-\d{2}|latest)(-v\d+(:\d+)?)?$/, '');
}
