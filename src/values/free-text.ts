/** What is wrong with free text, if anything: it must be well-formed, not blank, without NUL, and not too long. */
export function freeTextProblem(text: string, maxLength: number): string | undefined {
  if (text.trim() === '') return 'must not be empty';
  if (!text.isWellFormed() || text.includes('\0')) return 'must not contain NUL characters or lone surrogates';
  if (text.length > maxLength && [...text].length > maxLength) return `must have at most ${maxLength} characters`;
  return undefined;
}
