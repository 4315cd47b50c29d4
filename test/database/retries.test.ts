import { describe, expect, it } from 'vitest';
import { withRetries } from '../../src/database/transaction.ts';

const failure = (code: string) => Object.assign(new Error(`failed with ${code}`), { code });

/** Work that fails with the errors in turn, and then succeeds. */
function failing(errors: readonly Error[]) {
  const rest = [...errors];
  const work = async () => {
    work.attempts++;
    const error = rest.shift();
    if (error) throw error;
    return 'done';
  };
  work.attempts = 0;
  return work;
}

describe('work on the database', () => {
  it.each([
    ['a serialization failure', failure('40001')],
    ['a deadlock', failure('40P01')],
    ['a server that shuts down', failure('57P01')],
    ['a connection that is lost', failure('08006')],
    ['a connection that is reset', failure('ECONNRESET')],
    ['a connection that ends under a statement', new Error('Connection terminated unexpectedly')],
  ])('is done again after %s', async (_what, error) => {
    const work = failing([error, error]);
    expect(await withRetries(work)).toBe('done');
    expect(work.attempts).toBe(3);
  });

  it('is given up with the error of the fifth attempt', async () => {
    const errors = Array.from({ length: 6 }, (_, index) =>
      Object.assign(new Error(`attempt ${index + 1}`), { code: '40001' }),
    );
    const work = failing(errors);
    await expect(withRetries(work)).rejects.toThrow('attempt 5');
    expect(work.attempts).toBe(5);
  });

  it.each([failure('23505'), failure('22P02'), failure('42501'), new Error('no code')])(
    'is not done again after %s',
    async (error) => {
      const work = failing([error]);
      await expect(withRetries(work)).rejects.toBe(error);
      expect(work.attempts).toBe(1);
    },
  );
});
