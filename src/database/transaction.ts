import { setTimeout as sleep } from 'node:timers/promises';
import { IsolationLevel } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { withoutTimeLimit } from './work.ts';

const maxAttempts = 5;
const longestWaitMs = 50;

/** Serialization failure, deadlock, server shutdown, and lost connections. */
const transientCode = /^(40001|40P01|57P01|08...|ECONNRESET|EPIPE)$/;
/**
 * The driver's messages when a connection ends during a statement or ended before it; they have no code. One that could not
 * be opened in time is no such loss, and the next one would take as long.
 */
const lostConnection = /^Connection terminated(?! due to connection timeout)|is not queryable$/;

/** Whether the same work may succeed when it is repeated. */
export const isTransient = (error: unknown): boolean =>
  transientCode.test(sqlState(error)) || (error instanceof Error && lostConnection.test(error.message));

export interface TransactionOptions {
  /** Whether everything in it is read as of its begin; it is repeated where another one changes the same rows. */
  inOneSnapshot?: boolean;
}

/** Runs `work` in a transaction of its own, and repeats it as a whole when the database could not finish it. */
export const inTransaction = <T>(
  em: SqlEntityManager,
  work: (em: SqlEntityManager) => Promise<T>,
  { inOneSnapshot = false }: TransactionOptions = {},
): Promise<T> => {
  const isolation = inOneSnapshot ? { isolationLevel: IsolationLevel.REPEATABLE_READ } : {};
  return withRetries(() => em.transactional(work, { clear: true, ...isolation }));
};

/** The same for work that may take as long as it needs. */
export const inLongTransaction = <T>(em: SqlEntityManager, work: (em: SqlEntityManager) => Promise<T>): Promise<T> =>
  withoutTimeLimit(() =>
    inTransaction(em, async (em) => {
      await em.execute('set local statement_timeout = 0');
      return work(em);
    }),
  );

/**
 * Runs `work`, a transaction or a single statement, up to five times with growing, random pauses while the database cannot
 * finish it and `mayRepeat` agrees. A connection may be lost after the commit, so `work` must recognise what it already
 * stored.
 */
export async function withRetries<T>(work: () => Promise<T>, mayRepeat: () => boolean = () => true): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === maxAttempts || !isTransient(error) || !mayRepeat()) throw error;
      await sleep(Math.random() * longestWaitMs * attempt);
    }
  }
}

/** SQLSTATE of a driver's error, or an empty string. */
export function sqlState(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const foreignKeyViolation = '23503';

/** Whether a row refers to something that does not exist, or no longer. */
export const isForeignKeyViolation = (error: unknown): boolean => sqlState(error) === foreignKeyViolation;
