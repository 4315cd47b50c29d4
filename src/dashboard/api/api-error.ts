/** Why the gateway, or the identity provider, did not do what it was asked. */
export class ApiError extends Error {
  readonly code: string;
  /** Argument or input field that is invalid. */
  readonly field: string | undefined;

  constructor(message: string, code: string, field?: string) {
    super(message);
    this.code = code;
    this.field = field;
  }
}
