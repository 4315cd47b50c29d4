import { describe, expect, it } from 'vitest';
import { RejectionReasons } from '../../../src/transfer/import/rejection-reasons.ts';

function summaryOf(...texts: string[]): string | undefined {
  const reasons = new RejectionReasons();
  for (const text of texts) reasons.add(text);
  return reasons.summary();
}

const conflict = (id: string) => `A call with requestId '${id}' and other content is already recorded`;

describe('the reasons of an import', () => {
  it('are counted, most frequent first, those of different fields apart', () => {
    expect(
      summaryOf("'outputTokens' is required", "'inputTokens' is required", "'inputTokens' is required", 'Not JSON'),
    ).toBe("rejected 4: 2 × 'inputTokens' is required, 1 × 'outputTokens' is required, 1 × Not JSON");
  });

  it('are one where only values differ, be there quotes in the values', () => {
    expect(summaryOf(conflict('a-1'), conflict("it's"), conflict('a-2'))).toBe(`rejected 3: 3 × ${conflict('…')}`);
    expect(summaryOf('The record has 3 cells', 'The record has 15 cells')).toBe(
      'rejected 2: 2 × The record has … cells',
    );
  });

  it('keep their numbers where all are the same', () => {
    const text = "'inputTokens' must be at most 1000000000";
    expect(summaryOf(text, text)).toBe(`rejected 2: 2 × ${text}`);
    expect(summaryOf(conflict('a-1'))).toBe(`rejected 1: 1 × ${conflict('a-1')}`);
  });

  it('are summed up from the twenty-first on', () => {
    const letters = Array.from({ length: 26 }, (_, no) => String.fromCharCode(97 + no));
    const summary = summaryOf(...letters, 'a', ...Array.from({ length: 1000 }, () => 'y')) ?? '';
    expect(summary.startsWith('rejected 1,027: 2 × a, 1 × b, ')).toBe(true);
    expect(summary.endsWith(', 1 × t, 1,006 × other reasons')).toBe(true);
  });

  it('are none when nothing was rejected', () => {
    expect(summaryOf()).toBeUndefined();
  });
});
