/** Every code that a client can get in `extensions.code`. */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'VALIDATION_ERROR'
  | 'IDEMPOTENCY_CONFLICT'
  | 'BUDGET_EXCEEDED'
  | 'RATE_LIMITED'
  | 'QUERY_TOO_COSTLY'
  | 'BEYOND_RETENTION'
  | 'TIMEOUT'
  | 'OVERLOADED'
  | 'INTERNAL_SERVER_ERROR';

/** An error whose message is written for the caller. All other errors are masked. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  /** The argument or input field that caused it, where there is one. */
  readonly field: string | undefined;
  /** When the same request would probably pass, where that is known. */
  retryAfterSeconds: number | undefined;
  /** What clients are shown beside the code, by name. */
  readonly details: Readonly<Record<string, string | null>> = {};

  constructor(code: ErrorCode, message: string, field?: string) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    this.field = field;
  }
}

export class ValidationError extends GatewayError {
  constructor(message: string, field?: string) {
    super('VALIDATION_ERROR', message, field);
  }
}

export class NotFoundError extends GatewayError {
  constructor(message: string, field?: string) {
    super('NOT_FOUND', message, field);
  }
}

export class ForbiddenError extends GatewayError {
  constructor(message: string, field?: string) {
    super('FORBIDDEN', message, field);
  }
}

export class UnauthenticatedError extends GatewayError {
  constructor(message = "Send 'Authorization: Bearer <API key or token>'.") {
    super('UNAUTHENTICATED', message);
  }
}

export class OverloadedError extends GatewayError {
  constructor(message: string, retryAfterSeconds?: number) {
    super('OVERLOADED', message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export class RateLimitedError extends GatewayError {
  constructor(message: string, retryAfterSeconds: number) {
    super('RATE_LIMITED', message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A blocking budget has no room for what was to be reserved. */
export class BudgetExceededError extends GatewayError {
  /** Shown beside the code: amounts as decimal strings, the time in ISO notation; null where there is none. */
  override readonly details: { budgetId: string; value: string | null; remaining: string; resetsAt: string | null };

  constructor(message: string, details: BudgetExceededError['details']) {
    super('BUDGET_EXCEEDED', message);
    this.details = details;
  }
}

/** What was asked needs calls that have left the ledger, or would change what is kept of them. */
export class BeyondRetentionError extends GatewayError {
  /** Shown beside the code: the instant from which it can be asked, in ISO notation. */
  override readonly details: { completeFrom: string };

  constructor(message: string, completeFrom: Date, field?: string) {
    super('BEYOND_RETENTION', message, field);
    this.details = { completeFrom: completeFrom.toISOString() };
  }
}

/** There is no such call in a ledger that calls have left. */
export class NotInLedgerError extends NotFoundError {
  override readonly details: { completeFrom: string };

  constructor(requestId: string, completeFrom: Date) {
    const from = completeFrom.toISOString();
    super(`There is no call '${requestId}' in the ledger, which those from before ${from} have left.`, 'requestId');
    this.details = { completeFrom: from };
  }
}

/** What was asked took longer than it may. */
export class TimeoutError extends GatewayError {
  /** HTTP status of a request that fails with it as a whole. */
  readonly status: 408 | 504;

  constructor(message: string, status: 408 | 504 = 504) {
    super('TIMEOUT', message);
    this.status = status;
  }
}

export class IdempotencyConflictError extends GatewayError {
  constructor(requestId: string) {
    super(
      'IDEMPOTENCY_CONFLICT',
      `A call with requestId '${requestId}' and other content is already recorded; it stays as it is.`,
      'requestId',
    );
  }
}

/** The gateway cannot start or continue, for a reason that an operator can fix. Shown without a stack. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}
