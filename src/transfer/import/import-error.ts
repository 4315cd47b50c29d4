/** Why an import cannot begin or continue. The message is written for the person at the terminal. */
export class ImportError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options);
    this.name = 'ImportError';
    this.problems = problems;
  }
}
