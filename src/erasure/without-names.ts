const escaped = (name: string) => name.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

const word = String.raw`[\p{L}\p{N}_]`;

/** A text with a pseudonym wherever one of the names stands alone; the same rule as that of the database's function. */
export const withoutNames = (text: string, names: readonly string[], pseudonym: string): string =>
  names.reduce((rest, name) => {
    const alone = `(?<!${word}|[@.-])${escaped(name)}(?!${word}|@|[.-][\\p{L}\\p{N}])`;
    return rest.replaceAll(new RegExp(alone, name.includes('@') ? 'giu' : 'gu'), pseudonym);
  }, text);
