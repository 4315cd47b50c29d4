/** Says what is wrong with a text for people, or nothing: not blank, well-formed, no NUL, at most so many characters. */
export function freeTextProblem(text: string, maxLength: number): string | undefined {
  if (text.trim() === '') return 'must not be empty';
  if (!text.isWellFormed() || text.includes('\0')) return 'must not contain NUL characters or lone surrogates';
  if (text.length > maxLength && [...text].length > maxLength) return `must have at most ${maxLength} characters`;
  return undefined;
}
