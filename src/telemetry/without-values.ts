const maxLength = 4_096;

/** Literals of strings, and of numbers that are no part of a name and no parameter's. */
const literals = /\be'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|(?<![\w$."])\d+(?:\.\d+)?(?![\w"])/gi;

/** A statement as it may be shown: every literal in it is a question mark. */
export const withoutValues = (sql: string): string => sql.replaceAll(literals, '?').slice(0, maxLength);
