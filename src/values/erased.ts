/**
 * The user of calls whose user was erased. No call can be recorded with it, as identifiers have no control characters; no
 * answer and no file shows it.
 */
export const erasedUser = '\u007ferased';

/** What answers call an erased user, for people to read. */
export const erasedLabel = 'erased';

/** A user as answers show it: null for one that was erased. */
export const shownUser = (userId: string | null | undefined): string | null =>
  userId === erasedUser ? null : (userId ?? null);
